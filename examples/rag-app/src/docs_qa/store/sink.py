"""Where the library of documents sends its chunks when there is a vector store: into the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from docs_qa.store import entries

if TYPE_CHECKING:
    from docs_qa.documents import Chunk, Counter
    from docs_qa.store.embeddings import Encoder
    from docs_qa.store.types import Store

_WINDOW = 256
"""Chunks embedded together: enough of similar length for full batches, little memory."""


class IndexSink:
    """Embeds chunks and stores them; implements `documents.Sink`.

    Attributes:
        identity: of the index. The library adds every document again when it changes, so another
            model, an emptied and a lost index all repair themselves with the next `sync`.
        counter: counts tokens as the embedding model does, None where that is not known.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self.identity = store.identity
        self.counter: Counter | None = encoder.counter

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Embed and store chunks; adding them again changes nothing.

        Raises:
            StoreError: a chunk is longer than the model reads, or the store does not answer.
        """
        for start in range(0, len(chunks), _WINDOW):
            made = entries.make(chunks[start : start + _WINDOW], self._encoder)
            self._store.upsert(made)

    def remove(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document: all, or all revisions but `keep`."""
        self._store.delete(document, keep=keep)
