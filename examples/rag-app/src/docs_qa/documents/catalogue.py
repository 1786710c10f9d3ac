"""The SQL tables of the library: which documents there are, and which revision of each is active."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .engine import LibraryError, connect
from .locks import hold
from .model import Source
from .report import Entry
from .tables import DOCUMENTS, FACTS, FORMAT, META, ORIGINALS, PASSAGES, UNSETTLED

_BATCH = 500  # of parameters in one statement
_OPENING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """What decides whether a document must be read again."""

    source: Source
    revision: str | None
    attempt: str
    digest: str
    reason: str
    problem: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision that is in the sink and shall become the active one.

    Attributes:
        id: of the document.
        source: how it came.
        revision: of its chunks.
        digest: SHA-256 of its bytes.
        size: number of its bytes.
        facts: title, kind, pages, chunks, metadata: columns of the table.
        passages: fingerprints of its chunks.
        original: its bytes, None for a file of the folder.
    """

    id: str
    source: Source
    revision: str
    digest: str
    size: int
    facts: Mapping[str, Any]
    passages: frozenset[str]
    original: bytes | None


class Catalogue:
    """Reads and changes the tables; every method is one transaction.

    Args:
        url: of an SQLite file or a PostgreSQL database.

    Raises:
        LibraryError: it is another kind of database, cannot be opened, or was written by another
            version.
    """

    def __init__(self, url: str) -> None:
        self.engine = connect(url)
        self._active: tuple[int, dict[str, str]] | None = None
        try:
            with hold(self.engine, "opening", _OPENING_SECONDS):
                self._prepare()
        except BaseException as error:
            self.close()
            if isinstance(error, sa.exc.OperationalError):
                first = str(error.orig).strip().partition("\n")[0]
                raise LibraryError(f"{self.engine.url}: cannot be opened: {first}") from error
            raise

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def active(self) -> Mapping[str, str]:
        """Return the active revision of every document; cheap while nothing changes."""
        with self.engine.connect() as connection:
            changes = connection.scalar(sa.select(FACTS.c.value).where(FACTS.c.name == "changes"))
            cached = self._active
            if cached is not None and cached[0] == changes:
                return cached[1]
            chosen = sa.select(DOCUMENTS.c.id, DOCUMENTS.c.revision)
            found = connection.execute(chosen.where(DOCUMENTS.c.revision.is_not(None)))
            active = {row.id: row.revision for row in found}
        # Read before the documents, so that a change in between is seen the next time.
        self._active = (changes or 0, active)
        return active

    def entries(self, document: str | None = None) -> list[Entry]:
        """Return all documents, or one, in the order of their ids."""
        query = sa.select(DOCUMENTS).order_by(DOCUMENTS.c.id)
        if document is not None:
            query = query.where(DOCUMENTS.c.id == document)
        with self.engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def rows(self) -> dict[str, Row]:
        """Return what is known of every document."""
        columns = [DOCUMENTS.c[name] for name in Row.__slots__]
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(DOCUMENTS.c.id, *columns))
            return {row[0]: Row(*row[1:]) for row in found}

    def original(self, document: str) -> bytes:
        """Return the bytes of an upload or a page from the web; none if it is gone."""
        query = sa.select(ORIGINALS.c.data).where(ORIGINALS.c.document == document)
        with self.engine.connect() as connection:
            return connection.scalar(query) or b""

    def unsettled(self) -> list[str]:
        """Return the documents whose change was interrupted."""
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.select(UNSETTLED.c.document)))

    def unsettle(self, documents: Sequence[str]) -> None:
        """Note that the chunks of these documents are about to change in the sink."""
        with self.engine.begin() as connection:
            _delete(connection, UNSETTLED, documents)
            connection.execute(sa.insert(UNSETTLED), [{"document": name} for name in documents])

    def settle(self, documents: Iterable[str]) -> None:
        """Note that the sink holds exactly the active revisions of these documents."""
        with self.engine.begin() as connection:
            _delete(connection, UNSETTLED, documents)

    def activate(self, revisions: Sequence[Revision]) -> None:
        """Make revisions the active ones, all of them or none."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.engine.begin() as connection:
            self._forget(connection, [one.id for one in revisions])
            for one in revisions:
                connection.execute(
                    sa.insert(DOCUMENTS).values(
                        id=one.id,
                        source=one.source,
                        bytes=one.size,
                        digest=one.digest,
                        revision=one.revision,
                        attempt="",
                        reason="",
                        problem="",
                        indexed=now,
                        **one.facts,
                    )
                )
                if one.original is not None:
                    values = {"document": one.id, "data": one.original}
                    connection.execute(sa.insert(ORIGINALS), values)
                if one.passages:
                    digests = [{"document": one.id, "digest": digest} for digest in one.passages]
                    connection.execute(sa.insert(PASSAGES), digests)

    def fail(
        self,
        document: str,
        *,
        source: Source,
        size: int,
        attempt: str,
        reason: str,
        problem: str,
    ) -> None:
        """Note that a document could not be read; an active revision stays active."""
        values = {"attempt": attempt, "reason": reason, "problem": problem}
        here = DOCUMENTS.c.id == document
        with self.engine.begin() as connection:
            if connection.execute(sa.update(DOCUMENTS).where(here).values(values)).rowcount:
                return
            empty: dict[str, Any] = {
                "kind": "",
                "pages": None,
                "chunks": 0,
                "digest": "",
                "indexed": "",
                "metadata": {},
            }
            row = {
                "id": document,
                "source": source,
                "title": document,
                "bytes": size,
                "revision": None,
            }
            connection.execute(sa.insert(DOCUMENTS).values({**empty, **row, **values}))

    def recover(self, document: str) -> None:
        """Note that a document is again what its active revision was made from."""
        values = {"attempt": "", "reason": "", "problem": ""}
        with self.engine.begin() as connection:
            connection.execute(
                sa.update(DOCUMENTS).where(DOCUMENTS.c.id == document).values(values)
            )

    def drop(self, documents: Sequence[str]) -> None:
        """Forget documents."""
        with self.engine.begin() as connection:
            self._forget(connection, documents)

    def repeated(self, document: str) -> int:
        """Return how many texts of a document are also in another one."""
        other = PASSAGES.alias()
        same = sa.exists().where(other.c.digest == PASSAGES.c.digest, other.c.document != document)
        mine = sa.select(sa.func.count()).where(PASSAGES.c.document == document, same)
        with self.engine.connect() as connection:
            return connection.scalar(mine) or 0

    def _prepare(self) -> None:
        META.create_all(self.engine)
        with self.engine.begin() as connection:
            found = connection.scalar(sa.select(FACTS.c.value).where(FACTS.c.name == "format"))
            if found is None:
                rows = [{"name": "format", "value": FORMAT}, {"name": "changes", "value": 0}]
                connection.execute(sa.insert(FACTS), rows)
            elif found != FORMAT:
                raise LibraryError(
                    f"{self.engine.url}: has format {found}, this program writes {FORMAT}. "
                    "Remove the library and the index, then run `docs-qa documents sync`"
                )

    def _forget(self, connection: Connection, documents: Sequence[str]) -> None:
        for table in (DOCUMENTS, ORIGINALS, PASSAGES):
            _delete(connection, table, documents)
        connection.execute(
            sa.update(FACTS).where(FACTS.c.name == "changes").values(value=FACTS.c.value + 1)
        )


def _delete(connection: Connection, table: sa.Table, documents: Iterable[str]) -> None:
    key = table.c.id if table is DOCUMENTS else table.c.document
    names = list(documents)
    for start in range(0, len(names), _BATCH):
        connection.execute(sa.delete(table).where(key.in_(names[start : start + _BATCH])))


def _entry(row: Mapping[Any, Any]) -> Entry:
    values = {name: row[name] for name in Entry.__slots__ if name != "status"}
    return Entry(status="failed" if row["reason"] else "indexed", **values)
