"""Where sentences begin and end, by rules: no model, any language that ends sentences visibly."""

from __future__ import annotations

import re

_END = re.compile(
    r"""[.!?\u2026]+["')\]\u201d\u2019\u00bb]*(?=\s)"""  # Latin, with closing quotes
    r"""|[\u3002\uff01\uff1f\u0964\u06d4]["'\u300d\u300f\u201d\uff09]*"""  # CJK, Devanagari, Urdu
    r"""|\n"""
)
_AFTER = re.compile(r"\s+(\S)")
_LOOK_BACK = 24  # characters in which an abbreviation must be
_BEFORE = re.compile(r"(\S+)$")
_COMMON = """
al approx art bzw ca cf ch chap co corp dept dr ed eds eg e.g engl eq esp est et etc ex fig figs gen hr
i.e ie inc incl jr lt ltd max min mr mrs ms mt nr op p para pp prof resp rev sec sect sen sr st str tab
u.a u.s usw v viz vol vs z.b d.h a.m p.m abs
"""
_ABBREVIATIONS = frozenset(_COMMON.split())


def spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of every sentence of a text, without the white space between them.

    A line break ends a sentence: parsers join the lines of a paragraph, so the breaks that are
    left separate items, rows and lines of code.
    """
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if match[0][0] == "." and not _ends(text, start, match.start(), end):
            continue
        _append(found, text, start, end)
        start = end
    _append(found, text, start, len(text))
    return found


def _append(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if stripped := piece.strip():
        start += len(piece) - len(piece.lstrip())
        found.append((start, start + len(stripped)))


def _ends(text: str, start: int, dot: int, end: int) -> bool:
    """Whether a full stop ends a sentence, and not an abbreviation, an initial or a number."""
    following = _AFTER.match(text, end)
    if following is None:
        return True
    if following[1].islower():
        return False
    word = _BEFORE.search(text, max(start, dot - _LOOK_BACK), dot)
    if word is None:
        return True
    before = word[1].lstrip("([\"'\u201c\u00ab").lower()
    if before in _ABBREVIATIONS:
        return False
    # An initial ("J. Smith"), or the number of an item at the start of a line ("3. Fees")
    if len(before) == 1 and before.isalpha():
        return False
    return not (before.isdigit() and not text[start : word.start(1)].strip())
