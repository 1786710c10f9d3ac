"""Opens the configured store and embedding model together, as every user of them needs both."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from docs_qa.store.bm25 import Bm25
from docs_qa.store.types import Signature, StoreError

if TYPE_CHECKING:
    from docs_qa.store.embeddings import Encoder
    from docs_qa.store.search import Active, Searcher
    from docs_qa.store.settings import (
        SearchSettings,
        StoreSettings,
    )
    from docs_qa.store.sink import IndexSink
    from docs_qa.store.types import Store


@dataclass(frozen=True, slots=True)
class Index:
    """A store with the model that its vectors are made with; a context manager that closes it.

    Attributes:
        settings: what it was opened with.
        store: the vector database.
        embeddings: the embedding model.
        signature: of both.
    """

    settings: StoreSettings
    store: Store
    embeddings: Encoder
    signature: Signature

    def searcher(
        self,
        active: Active | None = None,
        settings: SearchSettings | None = None,
    ) -> Searcher:
        """Return a search over this index.

        Args:
            active: current revision of every document, `Library.active`.
            settings: those of `config/search.toml` if not given.

        Raises:
            StoreError: a configured cross encoder cannot be used.
            ValueError: `config/search.toml` is wrong.
        """
        from docs_qa.store.rerank import open_cross_encoder
        from docs_qa.store.search import Searcher
        from docs_qa.store.settings import SearchSettings

        chosen = SearchSettings.load() if settings is None else settings
        cross_encoder = open_cross_encoder(chosen, self.settings)
        return Searcher(
            self.store,
            self.embeddings,
            chosen,
            active=active,
            cross_encoder=cross_encoder,
        )

    def sink(self) -> IndexSink:
        """Return the sink through which documents get into this index."""
        from docs_qa.store.sink import IndexSink

        return IndexSink(self.store, self.embeddings)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> Self:
        """Return the index."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()


def open_index(settings: StoreSettings | None = None, *, verify: bool = True) -> Index:
    """Open the store and the embedding model that the settings name.

    Args:
        settings: from the environment (`APP_*`) if not given.
        verify: refuse an index that was made with another model.

    Raises:
        StoreError: one of the two cannot be used; the message says what to do.
    """
    from docs_qa.store.backends import open_store
    from docs_qa.store.embeddings import open_encoder
    from docs_qa.store.settings import StoreSettings

    settings = StoreSettings() if settings is None else settings
    try:
        lexical = Bm25(settings.search_language).name
    except ValueError as error:
        raise StoreError(f"APP_SEARCH_LANGUAGE: {error}") from error
    encoder = open_encoder(settings)
    signature = Signature(encoder.name, encoder.dimensions, lexical)
    store = open_store(settings, signature, verify=verify)
    return Index(settings, store, encoder, signature)
