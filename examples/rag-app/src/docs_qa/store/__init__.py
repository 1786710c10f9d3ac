"""Embeddings, vector databases and hybrid search over the chunks of documents."""

from docs_qa.store.backends import open_store
from docs_qa.store.index import Index, open_index
from docs_qa.store.ranking import Found, Sentence
from docs_qa.store.search import Results, Searcher
from docs_qa.store.settings import SearchSettings, StoreSettings
from docs_qa.store.sink import IndexSink
from docs_qa.store.types import (
    Entry,
    Hit,
    Sentences,
    Signature,
    Store,
    StoreError,
    Where,
)

__all__ = [
    "Entry",
    "Found",
    "Hit",
    "Index",
    "IndexSink",
    "Results",
    "SearchSettings",
    "Searcher",
    "Sentence",
    "Sentences",
    "Signature",
    "Store",
    "StoreError",
    "StoreSettings",
    "Where",
    "open_index",
    "open_store",
]
