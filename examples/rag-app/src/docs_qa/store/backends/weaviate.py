"""A Weaviate server or cluster, which is talked to over HTTP (the schema) and gRPC (the rest).

What differs from the other back ends:

- Words are scored by Weaviate's own BM25. It is sent the ids of our terms, so the words are the
  same and so are the constants, but length is relative to the average of the collection.
- A search that is not filtered is approximate (HNSW), and so is one with a filter that many match.
- A collection's identity is its description; its name begins with a capital letter.
- In a cluster, a write returns when a quorum of replicas has it, and reads ask a quorum.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import numpy as np
import weaviate
from weaviate.classes.config import (
    Configure,
    ConsistencyLevel,
    DataType,
    Property,
    StopwordsPreset,
    Tokenization,
    VectorDistances,
)
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.classes.query import Filter, MetadataQuery
from weaviate.exceptions import UnexpectedStatusCodeError, WeaviateBaseError

from docs_qa.store import payload
from docs_qa.store.backends import _flat as flat
from docs_qa.store.bm25 import LENGTH_WEIGHT, SATURATION, Bm25
from docs_qa.store.entries import searchable
from docs_qa.store.types import Entry, Hit, StoreError, Vector

if TYPE_CHECKING:
    from weaviate import WeaviateClient
    from weaviate.collections import Collection
    from weaviate.collections.classes.filters import FilterReturn

    from docs_qa.documents import Chunk
    from docs_qa.store.settings import StoreSettings
    from docs_qa.store.types import Signature, Where

RECORD, TERMS, LABELS, REVISION = "record", "terms", "labels", "revision"
_BATCH = 32  # objects per request: below 10 MB, the least limit, with the largest embeddings
_PAGE = 256


def open_backend(
    settings: StoreSettings,
    signature: Signature,
    *,
    verify: bool = True,
) -> WeaviateStore:
    """Connect to APP_STORE_URL; see `open_store`.

    gRPC is expected on port 50051 of the same host, of Weaviate's cloud on `grpc-HOST`, or where
    the URL says: `http://localhost:8080?grpc=localhost:50051`.
    """
    url = urlsplit(settings.store_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise StoreError("APP_STORE=weaviate needs APP_STORE_URL, e.g. http://localhost:8080")
    secure = url.scheme == "https"
    grpc_host, grpc_port = _grpc(url)
    key = settings.store_key.get_secret_value()
    seconds = settings.store_timeout
    try:  # the client would try again for a minute, at the first question
        socket.create_connection((grpc_host, grpc_port), seconds).close()
    except OSError as error:
        raise StoreError(
            f"the Weaviate server's gRPC port {grpc_host}:{grpc_port} does not answer ({error}); "
            "if it is elsewhere, add ?grpc=HOST:PORT to APP_STORE_URL"
        ) from error
    with _explained():
        client = weaviate.connect_to_custom(
            http_host=url.hostname,
            http_port=url.port or (443 if secure else 80),
            http_secure=secure,
            grpc_host=grpc_host,
            grpc_port=grpc_port,
            grpc_secure=secure,
            auth_credentials=Auth.api_key(key) if key else None,
            additional_config=AdditionalConfig(
                timeout=Timeout(init=seconds, query=seconds, insert=seconds)
            ),
            skip_init_checks=True,  # one of them asks the package index for newer versions
        )
    try:
        return WeaviateStore(
            client,
            settings.store_collection,
            signature,
            Bm25(settings.search_language),
            verify=verify,
        )
    except BaseException:
        client.close()
        raise


class WeaviateStore:
    """A collection of a Weaviate server; several processes may use it."""

    def __init__(
        self,
        client: WeaviateClient,
        collection: str,
        signature: Signature,
        lexical: Bm25,
        *,
        verify: bool = True,
    ) -> None:
        """Open the collection, or create it.

        Args:
            client: connected; closed with the store.
            collection: its name; hyphens become underscores, the first letter a capital.
            signature: what its vectors are made with.
            lexical: cuts texts into terms.
            verify: refuse a collection with another signature.

        Raises:
            StoreError: the server cannot be reached, or the signature differs.
        """
        self._client = client
        name = collection.replace("-", "_")
        self._name = name[:1].upper() + name[1:]
        self._signature = signature
        self._lexical = lexical
        with _explained():
            if not client.collections.exists(self._name):
                self._create()
            found = client.collections.use(self._name)
            self._collection: Collection[Any, Any] = found.with_consistency_level(
                ConsistencyLevel.QUORUM
            )
            self._identity = self._collection.config.get().description or ""
        if verify:
            signature.verify(self._identity)

    @property
    def identity(self) -> str:
        """The signature, and which index of it this is."""
        return self._identity

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those with the same chunk id."""
        for start in range(0, len(entries), _BATCH):
            objects = [self._object(entry) for entry in entries[start : start + _BATCH]]
            with _explained():
                result = self._collection.data.insert_many(objects)
            for error in result.errors.values():
                raise StoreError(f"Weaviate: {error.message}")

    def delete(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document, except those of one revision."""
        chosen: FilterReturn = _any(flat.label("document", document))
        if keep is not None:
            chosen = chosen & Filter.by_property(REVISION).not_equal(keep)
        while True:
            with _explained():
                result = self._collection.data.delete_many(where=chosen)
            if result.failed:
                raise StoreError(f"Weaviate has not deleted {result.failed} chunks of {document}")
            if not result.matches:  # one call deletes no more than the server's limit, 10,000
                return

    def dense(self, vector: Vector, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks by falling cosine."""
        groups = flat.wanted(where)
        if not all(groups):
            return []
        with _explained():
            found = self._collection.query.near_vector(
                vector.tolist(),
                limit=k,
                filters=_all(groups),
                return_metadata=MetadataQuery(distance=True),
                return_properties=[RECORD],
            )
        return [Hit(_chunk(one), 1.0 - (one.metadata.distance or 0.0)) for one in found.objects]

    def lexical(self, text: str, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks that share a word with a text, by falling BM25 score."""
        terms = flat.query(self._lexical, text)
        groups = flat.wanted(where)
        if not terms or not all(groups):
            return []
        with _explained():
            found = self._collection.query.bm25(
                terms,
                query_properties=[TERMS],
                limit=k,
                filters=_all(groups),
                return_metadata=MetadataQuery(score=True),
                return_properties=[RECORD],
            )
        return [Hit(_chunk(one), one.metadata.score or 0.0) for one in found.objects]

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Return the entries with these ids, in their order; unknown ids are left out."""
        found: dict[str, Any] = {}
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            with _explained():
                answer = self._collection.query.fetch_objects_by_ids(
                    page,
                    limit=len(page),
                    include_vector=True,
                    return_properties=[RECORD, payload.SENTENCES],
                )
            found.update({str(one.uuid): one for one in answer.objects})
        return [_entry(found[one]) for one in ids if one in found]

    def scan(self) -> Iterator[Chunk]:
        """Yield every chunk, in the order of their ids."""
        with _explained():
            for one in self._collection.iterator(return_properties=[RECORD], cache_size=_PAGE):
                yield _chunk(one)

    def count(self) -> int:
        """Return how many chunks there are."""
        with _explained():
            return self._collection.aggregate.over_all(total_count=True).total_count or 0

    def optimize(self) -> None:
        """Do nothing: the server optimises by itself."""

    def clear(self) -> None:
        """Remove everything; the index gets a new identity."""
        with _explained():
            self._client.collections.delete(self._name)
            self._create()
            self._identity = self._collection.config.get().description or ""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _create(self) -> None:
        def text(name: str, **indexed: Any) -> Property:
            kind = indexed.pop("data_type", DataType.TEXT)
            index = {"index_filterable": False, "index_searchable": False, **indexed}
            return Property(name=name, data_type=kind, **index)

        exact = {"index_filterable": True, "tokenization": Tokenization.FIELD}
        try:
            self._client.collections.create(
                self._name,
                description=self._signature.new_identity(),
                vector_config=Configure.Vectors.self_provided(
                    vector_index_config=Configure.VectorIndex.hnsw(
                        distance_metric=VectorDistances.COSINE,
                        quantizer=Configure.VectorIndex.Quantizer.none(),
                    )
                ),
                inverted_index_config=Configure.inverted_index(
                    bm25_b=LENGTH_WEIGHT,
                    bm25_k1=SATURATION,
                    stopwords_preset=StopwordsPreset.NONE,
                ),
                properties=[
                    text(RECORD),
                    text(payload.SENTENCES),
                    text(TERMS, index_searchable=True, tokenization=Tokenization.WHITESPACE),
                    text(LABELS, data_type=DataType.TEXT_ARRAY, **exact),
                    text(REVISION, **exact),
                ],
            )
        except UnexpectedStatusCodeError:
            if not self._client.collections.exists(self._name):
                raise
            # another process was faster

    def _object(self, entry: Entry) -> DataObject[dict[str, Any], None]:
        return DataObject(
            uuid=entry.chunk.id,
            vector=entry.vector.tolist(),
            properties={
                RECORD: flat.record(entry),
                payload.SENTENCES: payload.pack(entry.sentences),
                TERMS: flat.terms(self._lexical, searchable(entry.chunk)),
                LABELS: flat.labels(entry.chunk),
                REVISION: entry.chunk.revision,
            },
        )


def _grpc(url: SplitResult) -> tuple[str, int]:
    """Return host and port of the server's gRPC API."""
    secure, host = url.scheme == "https", url.hostname or ""
    given = urlsplit(f"//{parse_qs(url.query).get('grpc', [''])[0]}")
    if given.hostname:
        return given.hostname, given.port or (443 if secure else 50051)
    if host.endswith((".weaviate.cloud", ".weaviate.network")):
        return f"grpc-{host}", 443
    return host, 50051


def _any(*labels: str) -> FilterReturn:
    return Filter.by_property(LABELS).contains_any(list(labels))


def _all(groups: Sequence[Sequence[str]]) -> FilterReturn | None:
    return Filter.all_of([_any(*group) for group in groups]) if groups else None


def _chunk(one: Any) -> Chunk:
    return flat.chunk(str(one.uuid), one.properties[RECORD])


def _entry(one: Any) -> Entry:
    vector = np.asarray(one.vector["default"], dtype=np.float32)
    return Entry(_chunk(one), vector, payload.unpack(one.properties[payload.SENTENCES]))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except WeaviateBaseError as error:
        raise StoreError(f"the Weaviate server: {type(error).__name__}: {error}") from error
