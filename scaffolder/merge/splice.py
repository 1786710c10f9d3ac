"""Edits of a text by position: what is not edited stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `new` in the place of the characters from `start` to `end` (exclusive).

    Attributes:
        rank: what comes first of several insertions at one place; those of equal rank keep their order.
    """

    start: int
    end: int
    new: str
    rank: int = 0


def apply(text: str, splices: Iterable[Splice]) -> str:
    """Apply all splices at once; removals may overlap, as they share the blank lines between them.

    Raises:
        ValueError: something is to be replaced that another splice touches too.
    """
    pieces: list[str] = []
    done = 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end, splice.rank)):
        if splice.start < done and splice.new and splice.end > splice.start:
            raise ValueError("edits overlap")
        pieces += text[done : splice.start], splice.new
        done = max(done, splice.end)
    return "".join((*pieces, text[done:]))


def insertion(text: str, at: int, lines: str, rank: int = 0) -> Splice:
    """Insert whole lines at the start of a line or at the end of a text that may lack its last newline."""
    gap = "\n" if at and text[at - 1] != "\n" else ""
    return Splice(at, at, gap + lines, rank)


def lines(text: str) -> list[str]:
    """The lines with their line feeds; nothing else ends a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def line_start(text: str, at: int) -> int:
    """Where the line of position `at` starts."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Where the line after that of position `at` starts, or the end of the text."""
    return text.find("\n", at) + 1 or len(text)


def comment_start(text: str, at: int, owned: Callable[[str], bool] = lambda _: True) -> int:
    """Where the comment lines directly above the line start `at` begin, as far as each is `owned`."""
    while at:
        above = line_start(text, at - 1)
        line = text[above:at].strip()
        if not line.startswith("#") or not owned(line):
            break
        at = above
    return at


def cut(text: str, start: int, end: int) -> Splice:
    """Remove whole lines, and the blank lines above them where blank lines or the end of the text follow."""
    if end == len(text) or text[end] == "\n":
        while start > 1 and text[start - 2 : start] == "\n\n":
            start -= 1
        if start == 0 and end < len(text):
            end += 1
    return Splice(start, end, "")


def without(spans: Sequence[tuple[int, int]], doomed: Container[int]) -> list[Splice]:
    """Remove the doomed ones of `spans`, which are separated by commas, each with one comma."""
    kept = [index for index in range(len(spans)) if index not in doomed]
    last = kept[-1] if kept else -1
    splices = [Splice(spans[i][0], spans[i + 1][0], "") for i in range(last) if i in doomed]
    if last + 1 < len(spans):
        splices.append(Splice(spans[last][1] if kept else spans[0][0], spans[-1][1], ""))
    return splices


def comment_lines(text: str) -> set[str]:
    """The lines that are comments, stripped."""
    return {line for line in map(str.strip, lines(text)) if line.startswith("#")}
