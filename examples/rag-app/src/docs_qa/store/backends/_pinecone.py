"""Pinecone's indexes and documents: how an index is made and named, and what a document holds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import numpy as np
from pinecone.errors.exceptions import ConflictError, NotFoundError

from docs_qa.store import payload
from docs_qa.store.backends import _flat as flat
from docs_qa.store.entries import searchable
from docs_qa.store.types import Entry, StoreError

if TYPE_CHECKING:
    from pinecone import Pinecone
    from pinecone.models.documents.document import Document

    from docs_qa.store.bm25 import Bm25
    from docs_qa.store.types import Signature

VECTOR, TERMS, RECORD = "vector", "terms", "record"
LABELS, REVISION, PIECES = "labels", "revision", "pieces"
ROOM = 38_000
"""Bytes of a document's other fields; Pinecone's limit is 40 KB."""
NEW_INDEX = 300
"""Seconds until a new index is ready, or a deleted one gone."""
_TAG = 120  # characters of a tag

Fields = dict[str, Any]


def open_index(
    client: Pinecone,
    name: str,
    signature: Signature,
    place: Mapping[str, str],
) -> str:
    """Create an index unless it exists, and wait until it is ready.

    Returns:
        The identity in its tags; empty if it was not made here.
    """
    try:
        model = client.indexes.describe(name)
    except NotFoundError:
        _create(client, name, signature, place)
        model = client.indexes.describe(name)
    deadline = time.monotonic() + NEW_INDEX
    while not model.status.ready:
        if time.monotonic() > deadline:
            raise StoreError(f"Pinecone's index {name} is not ready: {model.status.state}")
        time.sleep(1)
        model = client.indexes.describe(name)
    tags = model.tags or {}
    return unquote("".join(tags[tag] for tag in sorted(tags) if tag.startswith("identity-")))


def _create(
    client: Pinecone,
    name: str,
    signature: Signature,
    place: Mapping[str, str],
) -> None:
    identity = quote(signature.new_identity())
    parts = [identity[i : i + _TAG] for i in range(0, len(identity), _TAG)]
    fields = {
        VECTOR: {"type": "dense_vector", "dimension": signature.dimensions, "metric": "cosine"},
        TERMS: {"type": "string", "full_text_search": {"stemming": False, "stop_words": False}},
    }
    try:
        client.indexes.create(
            name=name,
            schema={"fields": fields},
            deployment={"deployment_type": "managed", **place} if place else None,
            tags={f"identity-{number:02}": part for number, part in enumerate(parts)},
            timeout=NEW_INDEX,
        )
    except ConflictError:
        return  # another process was faster


def documents(entry: Entry, lexical: Bm25) -> tuple[Fields, dict[str, Fields]]:
    """Return an entry's document, and by id the pieces of its sentences if they need any.

    Raises:
        StoreError: the chunk's metadata leaves no room.
    """
    base = {
        VECTOR: entry.vector.tolist(),
        LABELS: flat.labels(entry.chunk),
        REVISION: entry.chunk.revision,
    }
    text = flat.record(entry)
    terms = flat.terms(lexical, searchable(entry.chunk))
    document = {"_id": entry.chunk.id, **base, TERMS: terms, RECORD: text}
    packed = payload.pack(entry.sentences)
    room = ROOM - sum(len(label.encode()) for label in base[LABELS])
    left = room - len(text.encode())
    if left < 0:
        raise StoreError(f"{entry.chunk.document}: its metadata is too long for Pinecone")
    if len(packed) <= left:
        return {**document, payload.SENTENCES: packed}, {}
    parts = [packed[i : i + room] for i in range(0, len(packed), room)]
    names = _names(entry.chunk.id, len(parts))
    return {**document, PIECES: len(parts)}, {
        name: {"_id": name, **base, payload.SENTENCES: part}
        for name, part in zip(names, parts, strict=True)
    }


def piece_names(document: Document) -> list[str]:
    """Return the ids of a document's pieces."""
    return _names(document.id, int(document.get(PIECES, 0)))


def entry(document: Document, pieces: Mapping[str, Document]) -> Entry:
    """Return the entry of a document and its pieces.

    Raises:
        StoreError: a piece is missing.
    """
    packed = document.get(payload.SENTENCES, "")
    for name in piece_names(document):
        if name not in pieces:
            advice = "run `docs-qa store rebuild`"
            raise StoreError(f"Pinecone has lost {name}; {advice}")
        packed += pieces[name].get(payload.SENTENCES)
    vector = np.asarray(document.get(VECTOR), dtype=np.float32)
    found = flat.chunk(document.id, document.get(RECORD))
    return Entry(found, vector, payload.unpack(packed))


def _names(chunk: str, count: int) -> list[str]:
    return [f"{chunk}-{number}" for number in range(count)]
