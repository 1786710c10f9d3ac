"""The smallest pieces that chunks are put together from: sentences, items, rows, lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .model import Block, Counter
from .sentences import spans

_CLAUSE = re.compile(r"[;:,\u2013\u2014\uff0c\uff1b\u3001]\s*")
_SPACE = re.compile(r"\s+")
_LINE = re.compile(r"[^\n]*\S[^\n]*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a document's text.

    Attributes:
        start: offset in the text.
        end: offset after it.
        size: tokens.
        block: position of its block.
        leads: it announces what follows ("as follows:") and should not be parted from it.
    """

    start: int
    end: int
    size: int
    block: int
    leads: bool = False


def units(text: str, block: Block, number: int, most: int, count: Counter) -> Iterator[Unit]:
    """Cut a block into units of at most `most` tokens.

    Args:
        text: of the document.
        block: part of it.
        number: position of the block.
        most: tokens that a unit may have.
        count: counts tokens.
    """
    for start, end in parts(text, block):
        size = count(text[start:end])
        if size <= most:
            leads = block.kind == "paragraph" and end == block.end and text[end - 1] == ":"
            yield Unit(start, end, size, number, leads)
            continue
        for piece in _cut(text, (start, end), most, count):
            yield Unit(*piece, count(text[slice(*piece)]), number)


def parts(text: str, block: Block) -> list[tuple[int, int]]:
    """Return where the sentences of a paragraph are in the text, or the lines of anything else."""
    body = text[block.start : block.end]
    found = spans(body) if block.kind == "paragraph" else _lines(body)
    return [(block.start + start, block.start + end) for start, end in found]


def _lines(body: str) -> list[tuple[int, int]]:
    return [match.span() for match in _LINE.finditer(body)]


def _cut(text: str, span: tuple[int, int], most: int, count: Counter) -> Iterator[tuple[int, int]]:
    """Cut what is too long: after a clause where possible, else a word, else anywhere."""
    start, end = span
    while start < end:
        stop = _fitting(text, start, end, most, count)
        if stop < end:
            stop = _last(_CLAUSE, text, start, stop) or _last(_SPACE, text, start, stop) or stop
        piece = text[start:stop]
        if stripped := piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            yield first, first + len(stripped)
        start = stop


def _fitting(text: str, start: int, end: int, most: int, count: Counter) -> int:
    """Return the largest end (at least one character on) with which the piece has `most` tokens."""
    low, high = start + 1, end
    while low < high:
        middle = (low + high + 1) // 2
        if count(text[start:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _last(pattern: re.Pattern[str], text: str, start: int, stop: int) -> int | None:
    """Return the end of the last match in the second half of a piece, None if there is none."""
    ends = [match.end() for match in pattern.finditer(text, start + (stop - start) // 2, stop)]
    return ends[-1] if ends else None
