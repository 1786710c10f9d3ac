"""A Pinecone index of documents, each with a vector and a full-text field.

What differs from the other back ends:

- Words are scored by Pinecone's own BM25. It is sent the ids of our terms, so the words are the
  same, but saturation and length normalisation are Pinecone's.
- Writes are applied some time after they were accepted. `upsert` and `delete` wait until searches
  have caught up and reads agree, at most APP_STORE_TIMEOUT seconds. `count` reads statistics that
  may lag further.
- A document holds 40 KB beside its vector and full text. Sentences that do not fit are kept in
  pieces, in a second namespace.
- A collection is an index; its identity is in the index's tags. Clearing makes a new index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from pinecone import DenseVectorQuery, Pinecone, RetryConfig, TextQuery
from pinecone.errors.exceptions import NotFoundError, PineconeError

from docs_qa.store import payload
from docs_qa.store.backends import _flat as flat
from docs_qa.store.backends import _pinecone as stored
from docs_qa.store.bm25 import Bm25
from docs_qa.store.types import Entry, Hit, StoreError, Vector

if TYPE_CHECKING:
    from pinecone.models.documents.document import Document

    from docs_qa.documents import Chunk
    from docs_qa.store.settings import StoreSettings
    from docs_qa.store.types import Signature, Where

CHUNKS, PIECES = "chunks", "sentences"
_ANSWER = 3_500_000  # bytes of an answer; the limit is 4 MB
_PAGE = _ANSWER // stored.ROOM  # documents without vectors
_BATCH = 50  # documents per request; the client halves what is larger than 2 MB


def open_backend(
    settings: StoreSettings,
    signature: Signature,
    *,
    verify: bool = True,
) -> PineconeStore:
    """Connect to Pinecone; see `open_store`.

    APP_STORE_URL is not needed, unless for the place of a new index:
    `https://api.pinecone.io?cloud=gcp&region=europe-west4`.
    """
    address = urlsplit(settings.store_url)
    with _explained():
        client = Pinecone(
            settings.store_key.get_secret_value() or None,
            host=address._replace(query="").geturl() or None,
            timeout=settings.store_timeout,
            retry_config=RetryConfig(max_wait=settings.store_timeout),
        )
    try:
        return PineconeStore(
            client,
            settings.store_collection.lower().replace("_", "-"),
            signature,
            Bm25(settings.search_language),
            place=dict(parse_qsl(address.query)),
            timeout=settings.store_timeout,
            verify=verify,
        )
    except BaseException:
        client.close()
        raise


class PineconeStore:
    """An index of a Pinecone project; several processes may use it."""

    def __init__(
        self,
        client: Pinecone,
        name: str,
        signature: Signature,
        lexical: Bm25,
        *,
        place: dict[str, str] | None = None,
        timeout: float = 10.0,
        verify: bool = True,
    ) -> None:
        """Open the index, or create it, which takes up to minutes.

        Args:
            client: closed with the store.
            name: of the index: at most 45 small letters, digits and hyphens.
            signature: what its vectors are made with.
            lexical: cuts texts into terms.
            place: `cloud` and `region` of a new index, instead of Pinecone's default.
            timeout: seconds to wait for a write to become visible.
            verify: refuse an index with another signature.

        Raises:
            StoreError: Pinecone cannot be reached or refuses, or the signature differs.
        """
        self._client = client
        self._name = name
        self._signature = signature
        self._lexical = lexical
        self._place = place or {}
        self._timeout = timeout
        # How many whole entries fit into one answer; a number takes up to 24 characters.
        self._entries = max(1, _ANSWER // (stored.ROOM + 24 * signature.dimensions))
        with _explained():
            self._identity = stored.open_index(client, name, signature, self._place)
            if verify:
                signature.verify(self._identity)
            self._index = client.index(name)

    @property
    def identity(self) -> str:
        """The signature, and which index of it this is."""
        return self._identity

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those with the same chunk id; return when they can be found."""
        documents: dict[str, dict[str, Any]] = {}
        pieces: dict[str, dict[str, Any]] = {}
        for entry in entries:
            document, rest = stored.documents(entry, self._lexical)
            documents[entry.chunk.id] = document
            pieces.update(rest)
        # A chunk that can be found has to be complete, so its pieces go first.
        for namespace, made in ((PIECES, pieces), (CHUNKS, documents)):
            if made:
                self._write(namespace, made)

    def delete(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document, except those of one revision."""
        chosen: dict[str, Any] = {stored.LABELS: {"$in": [flat.label("document", document)]}}
        if keep is not None:
            chosen = {"$and": [chosen, {stored.REVISION: {"$ne": keep}}]}

        def gone() -> bool:
            left = self._index.documents.fetch(
                namespace=CHUNKS,
                filter=chosen,
                include_fields=[stored.REVISION],
                limit=1,
            )
            return not left.documents

        with _explained():
            for namespace in (CHUNKS, PIECES):
                try:
                    answer = self._index.documents.delete(namespace=namespace, filter=chosen)
                    if namespace == CHUNKS:
                        info = answer.response_info
                        self._wait(info.lsn_committed if info else None, gone)
                except NotFoundError:  # a namespace exists as long as it holds something
                    continue

    def dense(self, vector: Vector, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks by falling cosine."""
        return self._search(
            DenseVectorQuery(values=vector.tolist(), fields=[stored.VECTOR]), k, where
        )

    def lexical(self, text: str, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks that share a word with a text, by falling BM25 score."""
        terms = flat.query(self._lexical, text)
        return (
            self._search(TextQuery(query=terms, fields=[stored.TERMS]), k, where) if terms else []
        )

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Return the entries with these ids, in their order; unknown ids are left out."""
        fields = [stored.RECORD, stored.VECTOR, stored.PIECES, payload.SENTENCES]
        with _explained():
            found = self._fetch(CHUNKS, ids, fields, self._entries)
            cut = [name for one in found.values() for name in stored.piece_names(one)]
            pieces = self._fetch(PIECES, cut, [payload.SENTENCES], _PAGE)
        return [stored.entry(found[one], pieces) for one in ids if one in found]

    def scan(self) -> Iterator[Chunk]:
        """Yield every chunk, in the order of their ids."""
        with _explained():
            try:
                pages = self._index.documents.list(namespace=CHUNKS, limit=_PAGE).pages()
                for page in pages:
                    ids = [listed.id for listed in page.items]
                    for one in self._fetch(CHUNKS, ids, [stored.RECORD], _PAGE).values():
                        yield flat.chunk(one.id, one.get(stored.RECORD))
            except NotFoundError:
                return

    def count(self) -> int:
        """Return how many chunks there are, by statistics that follow writes after a while."""
        with _explained():
            namespaces = self._index.describe_index_stats().namespaces
        return namespaces[CHUNKS].vector_count if CHUNKS in namespaces else 0

    def optimize(self) -> None:
        """Do nothing: Pinecone optimises by itself."""

    def clear(self) -> None:
        """Replace the index by a new one, with a new identity."""
        with _explained():
            self._index.close()
            self._client.indexes.delete(self._name, timeout=stored.NEW_INDEX)
            self._identity = stored.open_index(
                self._client, self._name, self._signature, self._place
            )
            self._index = self._client.index(self._name)

    def close(self) -> None:
        """Close the connections."""
        self._index.close()
        self._client.close()

    def _write(self, namespace: str, documents: dict[str, dict[str, Any]]) -> None:
        field = stored.RECORD if namespace == CHUNKS else payload.SENTENCES

        def readable() -> bool:
            found = self._fetch(namespace, list(documents), [field], _PAGE)
            return len(found) == len(documents) and all(
                found[one].get(field) == made[field] for one, made in documents.items()
            )

        with _explained():
            result = self._index.documents.batch_upsert(
                namespace=namespace,
                documents=list(documents.values()),
                batch_size=_BATCH,
                show_progress=False,
            )
            if result.errors:
                raise StoreError(f"Pinecone: {result.errors[0].error_message}")
            info = result.response_info
            committed = info.lsn_committed if info and namespace == CHUNKS else None
            self._wait(committed, readable)

    def _wait(self, committed: int | None, applied: Callable[[], bool]) -> None:
        """Wait until searches have reached a position of the log, and reads show the write."""
        deadline = time.monotonic() + self._timeout
        pause = 0.02
        while not (applied() and self._searched(committed)):
            if time.monotonic() > deadline:
                raise StoreError(
                    f"Pinecone accepted a change and has not applied it within "
                    f"{self._timeout:g} s; raise APP_STORE_TIMEOUT, then sync again"
                )
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _searched(self, committed: int | None) -> bool:
        if committed is None:
            return True
        anything = DenseVectorQuery(
            values=[1.0] * self._signature.dimensions, fields=[stored.VECTOR]
        )
        try:
            answer = self._index.documents.search(namespace=CHUNKS, top_k=1, score_by=[anything])
        except NotFoundError:
            return False
        info = answer.response_info
        # Without a position in the answer, only reads can tell.
        return info is None or info.lsn_reconciled is None or info.is_reconciled(committed)

    def _search(
        self,
        query: DenseVectorQuery | TextQuery,
        k: int,
        where: Where | None,
    ) -> list[Hit]:
        groups = flat.wanted(where)
        if not all(groups):
            return []
        chosen = {"$and": [{stored.LABELS: {"$in": group}} for group in groups]} if groups else None
        with _explained():
            try:
                found = self._index.documents.search(
                    namespace=CHUNKS,
                    top_k=k,
                    score_by=[query],
                    filter=chosen,
                    include_fields=[stored.RECORD],
                )
            except NotFoundError:
                return []
        return [
            Hit(flat.chunk(one.id, one.get(stored.RECORD)), float(one.score or 0.0))
            for one in found.matches
        ]

    def _fetch(
        self, namespace: str, ids: Sequence[str], fields: Sequence[str], page: int
    ) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for start in range(0, len(ids), page):
            try:
                answer = self._index.documents.fetch(
                    namespace=namespace,
                    ids=ids[start : start + page],
                    include_fields=fields,
                )
            except NotFoundError:
                continue
            found.update(answer.documents)
        return found


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except PineconeError as error:
        raise StoreError(f"Pinecone: {type(error).__name__}: {error}") from error
