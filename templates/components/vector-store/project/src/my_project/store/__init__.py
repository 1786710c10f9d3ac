"""Embeddings, vector databases and hybrid search over the chunks of documents."""

from my_project.store.backends import open_store
from my_project.store.index import Index, open_index
from my_project.store.ranking import Found, Sentence
from my_project.store.search import Results, Searcher
from my_project.store.settings import SearchSettings, StoreSettings
from my_project.store.sink import IndexSink
from my_project.store.types import (
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
