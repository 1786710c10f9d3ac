"""A chunk as flat strings, for databases that split text by themselves and know no nested fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from docs_qa.store import payload
from docs_qa.store.bm25 import Bm25, term_id

if TYPE_CHECKING:
    from docs_qa.documents import Chunk
    from docs_qa.store.types import Entry, Where


def record(entry: Entry) -> str:
    """Return everything but vector and sentences, as JSON."""
    fields = payload.record(entry)
    del fields[payload.SENTENCES]
    return json.dumps(fields, ensure_ascii=False)


def chunk(identifier: str, stored: str) -> Chunk:
    """Return the chunk of a text made by `record`."""
    return payload.chunk(identifier, json.loads(stored))


def terms(lexical: Bm25, text: str) -> str:
    """Return a text's terms as words that every tokeniser leaves alone, such as `t0a1b2c3d`.

    The database then counts the terms that the other back ends count, whatever it would do to
    punctuation, accents, scripts without spaces, or a query's operators.
    """
    return " ".join(f"t{term_id(term):08x}" for term in lexical.terms(text))


def query(lexical: Bm25, text: str) -> str:
    """Return a question's terms like `terms`, each once."""
    return " ".join(dict.fromkeys(terms(lexical, text).split()))


def label(key: str, value: str) -> str:
    """Return a key and its value as one string, which no other pair has."""
    return json.dumps([key, value], ensure_ascii=False)


def labels(chunk: Chunk) -> list[str]:
    """Return the labels of everything that a chunk can be filtered by."""
    found = {**chunk.metadata, **{name: getattr(chunk, name) for name in payload.FIELDS}}
    return [label(key, value) for key, value in found.items()]


def wanted(where: Where | None) -> list[list[str]]:
    """Return a filter as groups of labels; a chunk has to have one label of every group.

    Raises:
        ValueError: a key cannot be used in a filter.
    """
    return [
        [label(key, value) for value in values] for key, values in payload.conditions(where).items()
    ]
