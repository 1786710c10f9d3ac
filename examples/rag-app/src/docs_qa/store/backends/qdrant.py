"""A Qdrant server or cluster, with the same records, vectors and filters as the embedded store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from docs_qa.store import payload
from docs_qa.store.bm25 import Bm25
from docs_qa.store.entries import searchable
from docs_qa.store.types import Entry, Hit, StoreError, Vector

if TYPE_CHECKING:
    from docs_qa.documents import Chunk
    from docs_qa.store.settings import StoreSettings
    from docs_qa.store.types import Signature, Where

DENSE, SPARSE = "dense", "bm25"
_BATCH = 64  # points per request, about half a megabyte
_PAGE = 256
_FOUND = models.PayloadSelectorExclude(exclude=[payload.SENTENCES])


def open_backend(
    settings: StoreSettings,
    signature: Signature,
    *,
    verify: bool = True,
) -> QdrantStore:
    """Connect to APP_STORE_URL; see `open_store`."""
    if not settings.store_url:
        raise StoreError("APP_STORE=qdrant needs APP_STORE_URL, e.g. http://localhost:6333")
    client = QdrantClient(
        url=settings.store_url,
        api_key=settings.store_key.get_secret_value() or None,
        timeout=max(1, round(settings.store_timeout)),
        check_compatibility=False,  # it asks the server while the service starts, and only warns
    )
    lexical = Bm25(settings.search_language)
    try:
        return QdrantStore(client, settings.store_collection, signature, lexical, verify=verify)
    except BaseException:
        client.close()
        raise


class QdrantStore:
    """A collection of a Qdrant server; several processes may use it."""

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        signature: Signature,
        lexical: Bm25,
        *,
        verify: bool = True,
    ) -> None:
        """Open the collection, or create it.

        Args:
            client: closed with the store.
            collection: its name.
            signature: what its vectors are made with.
            lexical: words to sparse vectors.
            verify: refuse a collection with another signature.

        Raises:
            StoreError: the server cannot be reached, or the signature differs.
        """
        self._client = client
        self._name = collection
        self._signature = signature
        self._lexical = lexical
        with _explained():
            if not client.collection_exists(collection):
                self._create()
            metadata = client.get_collection(collection).config.metadata or {}
        self._identity = str(metadata.get("identity", ""))
        if verify:
            signature.verify(self._identity)

    @property
    def identity(self) -> str:
        """The signature, and which index of it this is."""
        return self._identity

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those with the same chunk id."""
        for start in range(0, len(entries), _BATCH):
            points = [self._point(entry) for entry in entries[start : start + _BATCH]]
            with _explained():
                self._client.upsert(self._name, points, wait=True)

    def delete(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document, except those of one revision."""
        other = [] if keep is None else [_is("revision", [keep])]
        chosen = models.Filter(must=[_is("document", [document])], must_not=[*other])
        with _explained():
            self._client.delete(self._name, models.FilterSelector(filter=chosen), wait=True)

    def dense(self, vector: Vector, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks by falling cosine."""
        return self._nearest(vector.tolist(), DENSE, k, where)

    def lexical(self, text: str, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks that share a word with a text, by falling BM25 score."""
        indices, values = self._lexical.query(text)
        if not indices:
            return []
        terms = models.SparseVector(indices=indices, values=values)
        return self._nearest(terms, SPARSE, k, where)

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Return the entries with these ids, in their order; unknown ids are left out."""
        if not ids:
            return []
        with _explained():
            records = self._client.retrieve(
                self._name,
                list(ids),
                with_payload=True,
                with_vectors=[DENSE],
            )
        found = {str(record.id): record for record in records}
        return [_entry(found[one]) for one in ids if one in found]

    def scan(self) -> Iterator[Chunk]:
        """Yield every chunk, in the order of their ids."""
        offset: Any = None
        while True:
            with _explained():
                records, offset = self._client.scroll(
                    self._name,
                    limit=_PAGE,
                    offset=offset,
                    with_payload=_FOUND,
                )
            for record in records:
                yield payload.chunk(str(record.id), record.payload or {})
            if offset is None:
                return

    def count(self) -> int:
        """Return how many chunks there are."""
        with _explained():
            return self._client.count(self._name, exact=True).count

    def optimize(self) -> None:
        """Do nothing: the server optimises by itself."""

    def clear(self) -> None:
        """Remove everything; the index gets a new identity."""
        with _explained():
            self._client.delete_collection(self._name)
            self._identity = self._create()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _create(self) -> str:
        identity = self._signature.new_identity()
        size = self._signature.dimensions
        sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
        self._client.create_collection(
            self._name,
            vectors_config={
                DENSE: models.VectorParams(size=size, distance=models.Distance.COSINE),
            },
            sparse_vectors_config={SPARSE: sparse},
            metadata={"identity": identity},
        )
        for name in (*payload.FIELDS, payload.path("source")):
            keyword = models.PayloadSchemaType.KEYWORD
            self._client.create_payload_index(self._name, name, keyword)
        return identity

    def _nearest(self, query: Any, using: str, k: int, where: Where | None) -> list[Hit]:
        wanted = payload.conditions(where)
        if not all(wanted.values()):
            return []
        must = [_is(payload.path(key), values) for key, values in wanted.items()]
        with _explained():
            points = self._client.query_points(
                self._name,
                query=query,
                using=using,
                limit=k,
                query_filter=models.Filter(must=[*must]),
                with_payload=_FOUND,
            ).points
        return [Hit(payload.chunk(str(p.id), p.payload or {}), p.score) for p in points]

    def _point(self, entry: Entry) -> models.PointStruct:
        indices, values = self._lexical.document(searchable(entry.chunk))
        return models.PointStruct(
            id=entry.chunk.id,
            vector={
                DENSE: entry.vector.tolist(),
                SPARSE: models.SparseVector(indices=indices, values=values),
            },
            payload=payload.record(entry),
        )


def _is(path: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=path, match=models.MatchAny(any=list(values)))


def _entry(record: models.Record) -> Entry:
    vectors: Any = record.vector
    vector = np.asarray(vectors[DENSE], dtype=np.float32)
    return payload.entry(str(record.id), record.payload or {}, vector)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ApiException as error:
        raise StoreError(f"the Qdrant server: {type(error).__name__}: {error}") from error
