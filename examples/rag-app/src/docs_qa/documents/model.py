"""What the parts of the library exchange: documents, chunks, and where chunks go."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

Kind = Literal["pdf", "markdown", "html", "docx", "text"]
BlockKind = Literal["heading", "paragraph", "list", "table", "code"]
Source = Literal["folder", "upload", "url"]

_NAMESPACE = uuid.UUID("8b0c1a62-6a0f-5d0c-9b52-6f4c2f3f7d11")


class Failure(Exception):  # noqa: N818 (the caller reports it and goes on; it is a result)
    """A document that cannot be taken; the others are not affected.

    Attributes:
        reason: one of a few words that programs may compare, e.g. "encrypted", "timeout".
        problem: what is wrong and what to do about it, for people.
    """

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason
        self.problem = problem


class SinkError(Exception):
    """A sink cannot be opened or written to; the message says what to do. Sinks derive from it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document's text that belongs together.

    Attributes:
        kind: what it is; the first line of a table is its header.
        start: offset of its first character in `Document.text`.
        end: offset after its last character.
        level: of a heading, from 1; 0 for everything else.
        repeat: characters at the start of a table to repeat when it is cut (its header).
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a document as a reader sees it, and its structure.

    Attributes:
        name: where it came from: a file name, or a URL.
        kind: its format, found in its content and not in its name.
        title: from its metadata, its first heading or its name.
        text: blocks with a blank line between them.
        blocks: in order, not overlapping; only white space lies between them.
        pages: offset in `text` at which each page begins; empty where the format has no pages.
        metadata: what the document says about itself, and what parsing noticed (`suspicious`:
            invisible characters that were taken out; `mismatch`: another format than its name says).
    """

    name: str
    kind: Kind
    title: str
    text: str
    blocks: tuple[Block, ...]
    pages: tuple[int, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: what is embedded, found, shown and cited.

    Attributes:
        id: UUID over document, revision and index, so that adding twice changes nothing.
        document: POSIX path relative to its folder, name of the upload, or URL.
        revision: 16 hex digits over the document's bytes and over everything that decides what is
            made of them (versions of the parser and the splitter, settings, index).
        index: position in the document, from 0.
        title: of the document.
        section: headings above it, e.g. "Fees > Late returns"; empty if there are none.
        page: page on which it begins, from 1; None where the format has no pages.
        kind: format of the document.
        text: `Document.text[start:end]`; a further part of a long table has the table's header
            in front of it.
        start: offset of its first character in the document's text.
        end: offset after its last character.
        metadata: that of the document, and its `source`.
    """

    id: str
    document: str
    revision: str
    index: int
    title: str
    section: str
    page: int | None
    kind: Kind
    text: str
    start: int
    end: int
    metadata: Mapping[str, str] = field(default_factory=dict)


def chunk_id(document: str, revision: str, index: int) -> str:
    """Return the id of a chunk: the same for the same document, revision and position."""
    return str(uuid.uuid5(_NAMESPACE, f"{document}\n{revision}\n{index}"))


class Counter(Protocol):
    """Counts the tokens of a text as the embedding model does, without its special tokens."""

    def __call__(self, text: str, /) -> int:
        """Return the number of tokens."""
        ...


@runtime_checkable
class Sink(Protocol):
    """Where chunks go: an index, or files.

    Two optional attributes tell the library more. `identity: str` names what the sink makes of
    chunks (the embedding model, say): when it changes, every document is indexed again.
    `counter: Counter` counts tokens, so that no chunk exceeds what the model can read.
    """

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Add chunks of complete documents; adding them again changes nothing."""
        ...

    def remove(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document: all, or all revisions but `keep`."""
        ...
