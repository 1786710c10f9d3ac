"""Puts a document together from blocks: cleans their text, and keeps count of where it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .clean import clean, describe, line
from .model import Block, BlockKind, Document, Failure, Kind

HEADING_LENGTH = 200
_FACTS = 32
_FACT_LENGTH = 500
# A reader of a chunk tells these from the fields of the same name; `source` is the library's.
_TAKEN = frozenset({"id", "document", "revision", "index", "section", "page", "kind", "source"})


class Builder:
    """Collects the blocks of one document.

    Args:
        characters: longest text; more is a `Failure`.
    """

    def __init__(self, characters: int) -> None:
        self._characters = characters
        self._pieces: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._pages: list[int] = []
        self._pages_begun = 0
        self._found: Counter[str] = Counter()
        self.first_heading = ""

    def page(self) -> None:
        """Begin a page: the next text is the first on it."""
        self._pages_begun += 1

    def heading(self, text: str, level: int) -> None:
        """Add a heading of a level from 1."""
        text = line(self._clean(text))
        if len(text) > HEADING_LENGTH:  # no heading, whatever it is marked as
            self._add("paragraph", text)
        elif text:
            self.first_heading = self.first_heading or text
            self._add("heading", text, level=level)

    def paragraph(self, text: str) -> None:
        """Add running text; its line breaks become spaces."""
        self._add("paragraph", line(self._clean(text)))

    def lines(self, kind: BlockKind, text: str, header: int = 0) -> None:
        """Add a list, a table or code, whose line breaks mean something.

        Args:
            kind: of the block.
            text: its lines.
            header: first lines to repeat when the block is cut.
        """
        kept = [part.expandtabs(4).rstrip() for part in self._clean(text).split("\n")]
        while kept and not kept[-1]:
            kept.pop()
        while kept and not kept[0]:
            kept.pop(0)
        self._add(kind, "\n".join(kept), repeat=len("\n".join(kept[:header])))

    def extend(self, text: str, joint: str = " ") -> None:
        """Continue the last paragraph, on the next page for example."""
        text = line(self._clean(text))
        if not self._blocks or self._blocks[-1].kind != "paragraph":
            self._add("paragraph", text)
            return
        last = self._blocks[-1]
        self._write(joint)
        self._turn_pages()
        self._write(text)
        self._blocks[-1] = Block(last.kind, last.start, self._length)

    def finish(
        self,
        name: str,
        kind: Kind,
        title: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> Document:
        """Return the document.

        Args:
            name: file name or URL, from which a title is made where there is no other.
            kind: its format.
            title: that the document gives itself.
            metadata: what it says about itself; only texts, numbers and lists of them are kept.

        Raises:
            Failure: there is no text in it.
        """
        self._turn_pages()
        if not any(character.isalnum() for piece in self._pieces for character in piece):
            raise Failure("empty", "there is no text in it")
        facts = tidy(metadata or {}, self._clean)
        title = line(self._clean(title))[:HEADING_LENGTH] or self.first_heading or from_name(name)
        if self._found:
            facts["suspicious"] = describe(self._found)
        text = "".join(self._pieces)
        return Document(name, kind, title, text, tuple(self._blocks), tuple(self._pages), facts)

    def _clean(self, text: str) -> str:
        text, found = clean(text)
        self._found += found
        return text

    def _add(self, kind: BlockKind, text: str, level: int = 0, repeat: int = 0) -> None:
        if not text:
            return
        if self._blocks:
            self._write("\n\n")
        self._turn_pages()
        start = self._length
        self._write(text)
        self._blocks.append(Block(kind, start, self._length, level, repeat))

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        if self._length > self._characters:
            raise Failure(
                "too-long",
                f"it has more than {self._characters} characters of text (limits.characters)",
            )

    def _turn_pages(self) -> None:
        self._pages += [self._length] * (self._pages_begun - len(self._pages))


def table(rows: list[list[str]], *, header: bool) -> tuple[str, int]:
    """Return rows of cells as a Markdown table, and how many lines its header has."""
    width = max(map(len, rows))
    lines = [
        "| "
        + " | ".join(line(cell).replace("|", "\\|") for cell in row + [""] * (width - len(row)))
        + " |"
        for row in rows
    ]
    if not header:
        return "\n".join(lines), 0
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines), 2


def tidy(facts: Mapping[str, object], cleaned: object = None) -> dict[str, str]:
    """Return what a document says about itself as short texts under plain keys.

    Keys become lower-case words joined by underscores; nested values are left out.
    """
    wash = cleaned if callable(cleaned) else lambda text: clean(text)[0]
    kept: dict[str, str] = {}
    for key, value in facts.items():
        name = re.sub(r"[^a-z0-9]+", "_", str(key).lower()).strip("_")[:64]
        text = line(wash(_text(value)))[:_FACT_LENGTH]
        if name and text and name not in _TAKEN and len(kept) < _FACTS:
            kept.setdefault(name, text)
    return kept


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(
            filter(None, (_text(part) for part in value if not isinstance(part, list)))
        )
    if value is None or isinstance(value, Mapping):
        return ""
    return str(value)


def from_name(name: str) -> str:
    """Return a title for a document that has none: its file name as words."""
    path = unquote(urlsplit(name).path) if "://" in name else name
    stem = PurePosixPath(path).stem or name
    return line(clean(re.sub(r"[_-]+", " ", stem))[0]) or name
