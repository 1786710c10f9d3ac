"""From the bytes of a document to a revision that can be indexed, or to the reason why not."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from . import formats
from .catalogue import Revision, Row
from .model import Counter, Document, Failure, Sink, Source
from .report import Skipped
from .settings import Settings
from .split import VERSION as SPLITTER_VERSION
from .split import cut, fingerprint
from .switch import Prepared
from .tokens import estimate

_ID_LENGTH = 1024
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A document whose active revision is what would be made of it now."""

    id: str
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A document that cannot be taken; `attempt` names what was tried, so as not to try it again."""

    skipped: Skipped
    source: Source
    size: int
    attempt: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A document that is parsed and cut, and how many texts were left out as duplicates."""

    prepared: Prepared
    duplicates: int


Outcome = Ready | Unchanged | Failed


class Preparation:
    """Parses and cuts documents for one sink. Safe to use from several threads.

    Args:
        settings: limits and sizes.
        parse: bytes and name to a document.
        sink: whose counter and identity count.
    """

    def __init__(
        self, settings: Settings, parse: Callable[[bytes, str], Document], sink: Sink
    ) -> None:
        self._settings = settings
        self._parse = parse
        self._count: Counter = getattr(sink, "counter", None) or estimate
        made_of = [
            formats.VERSION,
            SPLITTER_VERSION,
            settings.chunks.model_dump(),
            settings.fallback_encoding,
            getattr(sink, "identity", ""),
        ]
        self._recipe = json.dumps(made_of, sort_keys=True)
        self._limits = settings.limits.model_dump_json()

    def revision(self, digest: str) -> str:
        """Return the revision that is made of bytes with a SHA-256."""
        return _short(digest + self._recipe)

    def prepare(
        self,
        name: str,
        source: Source,
        data: bytes,
        row: Row | None,
        *,
        rebuild: bool = False,
        retry: bool = False,
    ) -> Outcome:
        """Parse and cut a document, unless the outcome is known.

        Args:
            name: its id.
            source: how it comes.
            data: its bytes.
            row: what is known of it.
            rebuild: do it although it is unchanged.
            retry: do it although it failed.
        """
        digest = hashlib.sha256(data).hexdigest()
        revision = self.revision(digest)
        if row is not None and row.revision == revision and not rebuild:
            return Unchanged(name, recovered=bool(row.reason))
        attempt = _short(revision + self._limits)
        if row is not None and row.attempt == attempt and not (rebuild or retry):
            return Failed(
                Skipped(name, row.reason, row.problem), source, len(data), attempt, known=True
            )
        try:
            document = self._parse(data, name)
            chunks, duplicates = cut(
                document,
                self._settings.chunks,
                name=name,
                revision=revision,
                source=source,
                count=self._count,
            )
        except Failure as failure:
            skipped = Skipped(name, failure.reason, failure.problem)
            return Failed(skipped, source, len(data), attempt)
        facts = {
            "title": document.title,
            "kind": document.kind,
            "pages": len(document.pages) or None,
            "chunks": len(chunks),
            "metadata": dict(document.metadata),
        }
        prepared = Prepared(
            Revision(
                id=name,
                source=source,
                revision=revision,
                digest=digest,
                size=len(data),
                facts=facts,
                passages=frozenset(fingerprint(chunk.text) for chunk in chunks),
                original=None if source == "folder" else data,
            ),
            chunks,
        )
        return Ready(prepared, duplicates)


def check_name(name: str) -> None:
    """Refuse an id that is no plain relative path.

    Raises:
        Failure: it is empty, too long, absolute, has `..` or characters that cannot be seen.
    """
    parts = name.split("/")
    if not name.strip() or len(name) > _ID_LENGTH:
        raise Failure("name", f"a name has 1 to {_ID_LENGTH} characters")
    if _UNPRINTABLE.search(name):
        raise Failure("name", "the name has characters that cannot be seen; rename it")
    if "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise Failure("name", "a name is a relative path without . and ..")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
