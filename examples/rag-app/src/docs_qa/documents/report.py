"""What the library tells: its documents, how a synchronisation goes on, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .model import Source


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the library.

    Attributes:
        id: path relative to the folder, name of the upload, or URL.
        source: how it came.
        title: of the document; its id if it was never read.
        kind: its format; empty if it was never read.
        pages: None where the format has no pages.
        chunks: number of them in the active revision.
        bytes: size of the file.
        revision: the one that answers come from; None if there is none.
        status: `failed` if the last attempt to read it failed; an earlier revision stays active.
        reason: of the failure, one word; empty without one.
        problem: of the failure, for people; empty without one.
        indexed: time of the active revision, ISO 8601 in UTC; empty if there is none.
        metadata: what the document says about itself.
    """

    id: str
    source: Source
    title: str
    kind: str
    pages: int | None
    chunks: int
    bytes: int
    revision: str | None
    status: Literal["indexed", "failed"]
    reason: str
    problem: str
    indexed: str
    metadata: Mapping[str, str]


class Progress(NamedTuple):
    """How far a synchronisation is.

    Attributes:
        done: documents that are settled.
        total: documents to look at.
        bytes_done: size of those settled.
        bytes_total: size of all.
        document: the one settled last; empty at the beginning.
    """

    done: int
    total: int
    bytes_done: int
    bytes_total: int
    document: str


class Skipped(NamedTuple):
    """A document that was not taken, and why."""

    document: str
    reason: str
    problem: str


@dataclass(slots=True)
class Report:
    """What a synchronisation did.

    Attributes:
        added: new documents.
        changed: documents of which another revision is active now.
        unchanged: documents that were active already.
        removed: documents that are gone.
        skipped: documents that could not be taken; an earlier revision stays active.
        notes: what is odd about documents that were taken, e.g. hidden characters.
        chunks: written.
        duplicates: chunks left out, because their text occurred before in the same document.
        repeated: chunks whose text is also in another document.
        bytes: read.
        seconds: wall time.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    chunks: int = 0
    duplicates: int = 0
    repeated: int = 0
    bytes: int = 0
    seconds: float = 0.0
