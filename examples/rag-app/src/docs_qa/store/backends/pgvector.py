"""PostgreSQL with the extension pgvector: chunks, vectors and an inverted index in three tables.

Lexical search does not use PostgreSQL's own text search, whose ranking knows no document frequency:
the terms and weights are those of the other back ends, and a query sums them up to the same BM25.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from docs_qa.store import payload
from docs_qa.store.backends._pgvector_sql import (
    DENSE,
    FOUND,
    LEXICAL,
    SCHEMA,
)
from docs_qa.store.bm25 import Bm25
from docs_qa.store.entries import searchable
from docs_qa.store.types import Entry, Hit, StoreError, Vector

if TYPE_CHECKING:
    from docs_qa.documents import Chunk
    from docs_qa.store.settings import StoreSettings
    from docs_qa.store.types import Signature, Where

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECTIONS = 8
# Candidates that the graph of an approximate search keeps; more is more precise and slower.
_SEARCH_WIDTH = 200
_PAGE = 256


def open_backend(
    settings: StoreSettings,
    signature: Signature,
    *,
    verify: bool = True,
) -> PgVectorStore:
    """Connect to APP_STORE_URL; see `open_store`."""
    if not settings.store_url.startswith(("postgres://", "postgresql://")):
        raise StoreError("APP_STORE=pgvector needs APP_STORE_URL=postgresql://USER@HOST/DATABASE")
    return PgVectorStore(
        settings.store_url,
        settings.store_collection,
        signature,
        Bm25(settings.search_language),
        password=settings.store_key.get_secret_value(),
        timeout=settings.store_timeout,
        verify=verify,
    )


class PgVectorStore:
    """Three tables of a PostgreSQL database; several processes may use them."""

    def __init__(
        self,
        url: str,
        collection: str,
        signature: Signature,
        lexical: Bm25,
        *,
        password: str = "",
        timeout: float = 10.0,
        verify: bool = True,
    ) -> None:
        """Open the tables, or create them.

        Args:
            url: `postgresql://USER@HOST/DATABASE`.
            collection: what their names begin with.
            signature: what the vectors are made with.
            lexical: words to sparse vectors.
            password: of the user, if it is not part of the URL.
            timeout: seconds that connecting, and any statement, may take.
            verify: refuse tables with another signature.

        Raises:
            StoreError: the server cannot be reached, lacks pgvector, or the signature differs.
        """
        self._signature = signature
        self._lexical = lexical
        self._names = {
            name: Identifier(f"{collection}_{name}")
            for name in ("index", "chunks", "terms", "by_document", "by_vector", "by_chunk")
        }
        options: dict[str, Any] = {
            "connect_timeout": max(2, round(timeout)),
            "options": f"-c statement_timeout={round(timeout * 1000)}",
        }
        if password:
            options["password"] = password
        # The extension has to exist before its types can be registered on a connection.
        with _explained(), psycopg.connect(url, **options) as connection:
            self._identity = self._prepare(connection)
        if verify:
            signature.verify(self._identity)
        self._pool = ConnectionPool(
            url,
            kwargs=options,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=timeout,
            configure=_configure,
            open=True,
        )

    @property
    def identity(self) -> str:
        """The signature, and which index of it this is."""
        return self._identity

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries in one transaction, replacing those with the same chunk id."""
        if not entries:
            return
        with self._transaction() as connection, connection.cursor() as cursor:
            ids = [entry.chunk.id for entry in entries]
            cursor.execute(self._sql("DELETE FROM {chunks} WHERE id = ANY(%s::uuid[])"), [ids])
            copy = self._sql("COPY {chunks} (id, document, record, vector) FROM STDIN")
            with cursor.copy(copy) as rows:
                for entry in entries:
                    record = Jsonb(payload.record(entry))
                    vector = "[" + ",".join(map(repr, entry.vector.tolist())) + "]"
                    rows.write_row((entry.chunk.id, entry.chunk.document, record, vector))
            copy = self._sql("COPY {terms} (term, chunk, weight) FROM STDIN")
            with cursor.copy(copy) as rows:
                for entry in entries:
                    sparse = self._lexical.document(searchable(entry.chunk))
                    for term, weight in zip(*sparse, strict=True):
                        rows.write_row((term, entry.chunk.id, weight))

    def delete(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document, except those of one revision."""
        statement = "DELETE FROM {chunks} WHERE document = %(document)s"
        if keep is not None:
            statement += " AND record->>'revision' <> %(keep)s"
        with self._transaction() as connection:
            connection.execute(self._sql(statement), {"document": document, "keep": keep})

    def dense(self, vector: Vector, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks by falling cosine.

        With a filter the search is exact: an approximate one filters what it has found, and may
        be left with less than k.
        """
        with self._transaction() as connection:
            if where:
                connection.execute("SET LOCAL enable_indexscan = off")
            else:
                width = max(_SEARCH_WIDTH, k)
                connection.execute(
                    SQL("SET LOCAL hnsw.ef_search = {}").format(Literal(min(width, 1000)))
                )
            return self._hits(connection, DENSE, where, vector=vector, k=k)

    def lexical(self, text: str, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks that share a word with a text, by falling BM25 score."""
        terms = self._lexical.query(text).indices
        if not terms:
            return []
        with self._transaction() as connection:
            return self._hits(connection, LEXICAL, where, terms=terms, k=k)

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Return the entries with these ids, in their order; unknown ids are left out."""
        statement = "SELECT id, record, vector FROM {chunks} WHERE id = ANY(%s::uuid[])"
        with self._transaction() as connection:
            rows = connection.execute(self._sql(statement), [list(ids)]).fetchall()
        found = {str(row[0]): row for row in rows}
        return [
            payload.entry(one, found[one][1], found[one][2].to_numpy().astype(np.float32))
            for one in ids
            if one in found
        ]

    def scan(self) -> Iterator[Chunk]:
        """Yield every chunk, in the order of their ids."""
        statement = "SELECT {found} FROM {chunks} c WHERE id > %s ORDER BY id LIMIT %s"
        last = "00000000-0000-0000-0000-000000000000"
        while True:
            with self._transaction() as connection:
                page = connection.execute(self._sql(statement), [last, _PAGE]).fetchall()
            for identifier, record in page:
                last = str(identifier)
                yield payload.chunk(last, record)
            if len(page) < _PAGE:
                return

    def count(self) -> int:
        """Return how many chunks there are."""
        with self._transaction() as connection:
            row = connection.execute(self._sql("SELECT count(*) FROM {chunks}")).fetchone()
        return int(row[0]) if row else 0

    def optimize(self) -> None:
        """Refresh the statistics that PostgreSQL plans searches with."""
        with self._transaction() as connection:
            connection.execute(self._sql("ANALYZE {chunks}"))
            connection.execute(self._sql("ANALYZE {terms}"))

    def clear(self) -> None:
        """Remove everything; the index gets a new identity."""
        with self._transaction() as connection:
            connection.execute(self._sql("DROP TABLE {terms}, {chunks}, {index}"))
            self._identity = self._prepare(connection)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _prepare(self, connection: Connection) -> str:
        """Create what is missing; return the identity of the index."""
        # Services that start together would create the same tables at the same time.
        connection.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))", [str(self._names["index"])]
        )
        dimensions = Literal(self._signature.dimensions)
        connection.execute(SQL(SCHEMA).format(**self._names, dimensions=dimensions))
        row = connection.execute(self._sql("SELECT identity FROM {index}")).fetchone()
        if row:
            return str(row[0])
        identity = self._signature.new_identity()
        connection.execute(self._sql("INSERT INTO {index} VALUES (%s)"), [identity])
        return identity

    def _hits(
        self, connection: Connection, statement: str, where: Where | None, **values: Any
    ) -> list[Hit]:
        wanted = payload.conditions(where)
        matching: list[Composable] = [
            SQL("{} = ANY({})").format(_field(key), Literal(alternatives))
            for key, alternatives in wanted.items()
        ]
        query = self._sql(statement, matching=SQL(" AND ").join(matching or [SQL("true")]))
        rows = connection.execute(query, values).fetchall()
        return [Hit(payload.chunk(str(row[0]), row[1]), float(row[2])) for row in rows]

    def _sql(self, statement: str, **parts: Composable) -> Composed:
        return SQL(statement).format(**self._names, found=FOUND, **parts)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _explained(), self._pool.connection() as connection:
            yield connection


def _configure(connection: Connection) -> None:
    register_vector(connection)
    connection.commit()


def _field(key: str) -> Composable:
    if key in payload.FIELDS:
        return SQL("c.record->>{}").format(Literal(key))
    return SQL("c.record->'metadata'->>{}").format(Literal(key))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (psycopg.Error, PoolTimeout) as error:
        raise StoreError(f"PostgreSQL: {type(error).__name__}: {error}".strip()) from error
