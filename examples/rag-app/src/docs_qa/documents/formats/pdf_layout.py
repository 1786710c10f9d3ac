"""From the lines of a PDF's pages to headings, paragraphs and lists.

A PDF has no paragraphs. What can be told from lines alone is told here: running headers and
footers, words that were divided at the end of a line, sentences that go on on the next page, and
where the entries of the outline are. Nothing is guessed from the size of letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from docs_qa.documents.builder import Builder

from .text import ITEM, join_items

# A line of a table of contents: "2.1 Syntax . . . . 4"; the outline says the same.
_LEADER = re.compile(r"(.*?\S)\s*(?:\.\s?){4,}\s*(?:\d+|[ivxlc]+)")
_EDGE = 2  # lines at the top and at the bottom of a page that may be running
_REPEATED = 3  # pages
_NUMBER = re.compile(r"\d{1,6}")
_DIVIDED = re.compile(r"(\w+)-$")
_WORD = re.compile(r"\w+(?:-\w+)*")
_ENDED = re.compile(r"[.!?:;\u3002\uff01\uff1f][\"')\]\u201d\u2019\u00bb]*$")
_SHORT = 0.8  # of the length of a full line: the last line of a paragraph
_JOINED_LINES = 3  # that a heading may take


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the outline; pages count from 0."""

    title: str
    level: int
    page: int


@dataclass(slots=True)
class Page:
    """The text of a page, and the entries of the outline that point at it."""

    text: str
    headings: list[Heading] = field(default_factory=list)


def lay_out(pages: Sequence[Page], builder: Builder) -> None:
    """Add all pages to the builder."""
    titles = {_letters(heading.title) for page in pages for heading in page.headings}
    lines = [[one.rstrip() for one in page.text.split("\n")] for page in pages]
    lines = _without_noise(lines, titles)
    words = Counter(word.lower() for page in lines for one in page for word in _WORD.findall(one))
    full = _full_line(lines)
    open_ended = False
    for page, kept in zip(pages, lines, strict=True):
        builder.page()
        for heading, part in _sections(kept, page.headings):
            if heading is not None:
                builder.heading(heading.title, heading.level)
                open_ended = False
            for paragraph in _paragraphs(part, full):
                text = _join(paragraph, words)
                if ITEM.match(paragraph[0]) and len(paragraph) > 1:
                    builder.lines("list", join_items(paragraph))
                    open_ended = False
                    continue
                if open_ended and text[:1].islower():
                    builder.extend(text)
                else:
                    builder.paragraph(text)
                open_ended = _ENDED.search(text) is None


def _without_noise(pages: list[list[str]], titles: set[str]) -> list[list[str]]:
    """Take out running headers and footers, and the table of contents.

    A line at the edge of a page is running if it is the same on half of the pages, or differs only
    in a number that counts the pages on three of them.
    """
    counts: Counter[object] = Counter()
    for number, page in enumerate(pages):
        counts.update({mark for index in _edges(page) for mark in _marks(page[index], number)})
    often = max(_REPEATED, len(pages) / 2)
    running = {
        mark
        for mark, count in counts.items()
        if count >= (often if isinstance(mark, str) else _REPEATED)
    }
    return [
        [
            one
            for index, one in enumerate(page)
            if not (index in edges and running.intersection(_marks(one, number)))
            and not _is_contents(one, titles)
        ]
        for number, page in enumerate(pages)
        for edges in [_edges(page)]
    ]


def _marks(one: str, page: int) -> set[str | tuple[str, int]]:
    """Return the line, and its shape with the difference of every number in it to the page."""
    text = " ".join(one.split())
    shape = _NUMBER.sub("#", text)
    counted = {(shape, int(number) - page) for number in _NUMBER.findall(text)}
    return {text, *counted} if text else set()


def _is_contents(one: str, titles: set[str]) -> bool:
    match = _LEADER.fullmatch(one.strip())
    return match is not None and _letters(match[1]) in titles


def _edges(page: list[str]) -> set[int]:
    filled = [index for index, one in enumerate(page) if one.strip()]
    return set(filled[:_EDGE] + filled[-_EDGE:])


def _full_line(pages: list[list[str]]) -> int:
    """Return the length that most lines of running text have (90 % are not longer)."""
    lengths = sorted(len(one) for page in pages for one in page if one.strip())
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _sections(
    lines: list[str], headings: Sequence[Heading]
) -> list[tuple[Heading | None, list[str]]]:
    """Cut a page where its headings are; one that is not found begins where the last one did."""
    found: list[tuple[Heading | None, list[str]]] = []
    position = 0
    current: Heading | None = None
    for heading in headings:
        start, end = _find(lines, heading.title, position)
        found.append((current, lines[position:start]))
        current, position = heading, end
    found.append((current, lines[position:]))
    return found


def _find(lines: list[str], title: str, position: int) -> tuple[int, int]:
    wanted = _letters(title)
    for start in range(position, len(lines)):
        joined = ""
        for end in range(start + 1, min(start + _JOINED_LINES, len(lines)) + 1):
            joined += _letters(lines[end - 1])
            if joined and joined == wanted:
                return start, end
            if not wanted.startswith(joined):
                break
    return position, position


def _letters(text: str) -> str:
    """Return what must agree between a heading and its entry: not its number, not its spaces."""
    return re.sub(r"^\d+|[\W_]+", "", re.sub(r"^[\d.\s]+", "", text)).casefold() or text.strip()


def _paragraphs(lines: list[str], full: int) -> list[list[str]]:
    """Cut lines into paragraphs: at blank lines, before items, after short lines that end a sentence."""
    found: list[list[str]] = []
    begins = True
    for one in lines:
        if not one.strip():
            begins = True
            continue
        item = ITEM.match(one) is not None
        in_list = bool(found) and ITEM.match(found[-1][0]) is not None
        if begins or (item and not in_list):
            found.append([one])
        else:
            found[-1].append(one)
        begins = not item and len(one) < _SHORT * full and _ENDED.search(one) is not None
    return found


def _join(lines: list[str], words: Counter[str]) -> str:
    """Join lines, and words that were divided between them."""
    text = lines[0].strip()
    for one in lines[1:]:
        following = one.strip()
        divided = _DIVIDED.search(text)
        if divided is None or not following[:1].islower():
            text += " " + following
            continue
        rest = re.match(r"\w+", following)
        end = rest[0] if rest is not None else ""
        compound = words[f"{divided[1]}-{end}".lower()] > words[(divided[1] + end).lower()]
        text = text + following if compound else text[:-1] + following
    return text
