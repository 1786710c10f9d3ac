"""Entries as JSON-compatible records, which every back end stores in the same form."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from docs_qa.documents import Chunk
from docs_qa.store.types import Entry, Sentences, Vector, Where

FIELDS = ("document", "revision", "kind", "section", "title")
"""Filter keys that are fields of a chunk; any other key is one of its metadata."""
SENTENCES = "sentences"
"""Key of the sentences in a record; searches leave it out, because it is large."""
_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def record(entry: Entry) -> dict[str, Any]:
    """Return what is stored beside the vectors; the chunk's id is the key of the record."""
    chunk = entry.chunk
    return {
        "document": chunk.document,
        "revision": chunk.revision,
        "index": chunk.index,
        "title": chunk.title,
        "section": chunk.section,
        "page": chunk.page,
        "kind": chunk.kind,
        "text": chunk.text,
        "start": chunk.start,
        "end": chunk.end,
        "metadata": dict(chunk.metadata),
        SENTENCES: pack(entry.sentences),
    }


def chunk(identifier: str, stored: Mapping[str, Any]) -> Chunk:
    """Return the chunk of a record."""
    fields = {key: value for key, value in stored.items() if key != SENTENCES}
    return Chunk(id=identifier, **fields)


def entry(identifier: str, stored: Mapping[str, Any], vector: Vector) -> Entry:
    """Return the entry of a record and its vector."""
    return Entry(chunk(identifier, stored), vector, unpack(stored[SENTENCES]))


def pack(sentences: Sentences) -> str:
    """Return sentences as base64: int32 S, int32 [S, 2], float32 [S], int8 [S, D]."""
    spans = np.array(sentences.spans, dtype="<i4").reshape(-1, 2)
    head = np.array([len(spans)], dtype="<i4")
    scales = sentences.scales.astype("<f4")
    parts = (head, spans, scales, sentences.codes.astype(np.int8))
    return b64encode(b"".join(part.tobytes() for part in parts)).decode("ascii")


def unpack(text: str) -> Sentences:
    """Return the sentences of a text made by `pack`."""
    raw = b64decode(text)
    count = int(np.frombuffer(raw, "<i4", 1)[0])
    spans = np.frombuffer(raw, "<i4", 2 * count, 4).reshape(-1, 2)
    scales = np.frombuffer(raw, "<f4", count, 4 + 8 * count)
    codes = np.frombuffer(raw, np.int8, offset=4 + 12 * count).reshape(count, -1)
    return Sentences(tuple((start, end) for start, end in spans.tolist()), codes, scales)


def conditions(where: Where | None) -> dict[str, list[str]]:
    """Return a filter with every value as a list, without repetitions.

    Raises:
        ValueError: a key is empty or holds a quotation mark, which no back end can address.
    """
    found: dict[str, list[str]] = {}
    for key, values in (where or {}).items():
        if not key or '"' in key:
            raise ValueError(f"{key!r} cannot be a filter key")
        listed: Sequence[str] = [values] if isinstance(values, str) else values
        found[key] = list(dict.fromkeys(listed))
    return found


def path(key: str) -> str:
    """Return where a filter key is in a record, as a JSON path."""
    if key in FIELDS:
        return key
    return f"metadata.{key}" if _PLAIN.fullmatch(key) else f'metadata."{key}"'
