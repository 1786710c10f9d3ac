"""Text as a reader sees it: without invisible characters, and with one way to write each letter.

NFKC as a whole would change what people see (a superscript two would become a plain one), so only the
compatibility characters that merely are another way to draw a letter are folded: ligatures,
presentation forms, full-width letters, mathematical alphabets and unusual spaces.

Invisible characters can hide words from a reader and show them to a language model. They are taken
out and counted (Unicode Technical Report 36; Boucher et al., "Bad Characters", 2022).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_FOLDED = re.compile(
    "[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufb4f\ufb50-\ufdff\ufe70-\ufefc"  # ligatures, Arabic, Hebrew
    "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f"  # full-width letters, half-width kana
    "\u3000\u2000-\u200a\u202f\u205f\u00a0"  # spaces
    "\U0001d400-\U0001d7ff]+"  # mathematical alphabets
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ufff9-\ufffb]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_SUSPICIOUS = {
    "zero-width": re.compile("[\u200b\u200c\u200d\u2060-\u2064\u206a-\u206f\ufeff\u180e\u034f\u115f\u1160\u3164\uffa0]"),
    "bidirectional control": re.compile("[\u202a-\u202e\u2066-\u2069]"),
    "tag": re.compile("[\U000e0000-\U000e007f]"),
    "variation selector": re.compile("[\U000e0100-\U000e01ef]"),
}  # fmt: skip
# Typesetting that is meant to be invisible: taken out, and nothing to worry about
_HARMLESS = re.compile("[\u00ad\u200e\u200f\u061c]")
_JOINERS = "\u200c\u200d"
# Scripts in which a joiner changes what a reader sees: Arabic to Mongolian, without the Latin blocks
_JOINED_SCRIPTS = ((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x1000, 0x109F), (0x1780, 0x18AF))
_EMOJI = ((0x2190, 0x2BFF), (0x1F000, 0x1FAFF), (0xFE0F, 0xFE0F))


def clean(text: str) -> tuple[str, Counter[str]]:
    """Return the text as seen, and how many suspicious characters were taken out, by kind.

    Line breaks become `\\n`; lines, tabs and runs of spaces are otherwise kept.
    """
    text = _LONE_SURROGATES.sub("\ufffd", _BREAKS.sub("\n", text))
    found: Counter[str] = Counter()
    if not text.isascii():
        text = _HARMLESS.sub("", text)
        for name, pattern in _SUSPICIOUS.items():
            text, count = _take_out(text, pattern)
            if count:
                found[name] = count
        text = _FOLDED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
        text = unicodedata.normalize("NFC", text)
    return _CONTROL.sub("", text), found


def describe(found: Counter[str]) -> str:
    """Say what was taken out, e.g. "3 zero-width, 1 tag"; empty if nothing was."""
    return ", ".join(f"{count} {name}" for name, count in found.most_common())


def line(text: str) -> str:
    """Return the text with every run of white space as one space, without ends."""
    return " ".join(text.split())


def _take_out(text: str, pattern: re.Pattern[str]) -> tuple[str, int]:
    kept: list[str] = []
    count = position = 0
    for match in pattern.finditer(text):
        if match[0] in _JOINERS and _joins(text, match.start()):
            continue
        kept.append(text[position : match.start()])
        position = match.end()
        count += 1
    kept.append(text[position:])
    return "".join(kept), count


def _joins(text: str, index: int) -> bool:
    """Whether a joiner stands between characters that it changes."""
    if not 0 < index < len(text) - 1:
        return False
    neighbours = text[index - 1], text[index + 1]
    return any(
        all(any(low <= ord(character) <= high for low, high in script) for character in neighbours)
        for script in (_JOINED_SCRIPTS, _EMOJI)
    )
