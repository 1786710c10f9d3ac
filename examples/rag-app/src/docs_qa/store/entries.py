"""Makes entries of chunks: the embeddings of each chunk and of its sentences, in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from docs_qa.documents.sentences import spans
from docs_qa.store.types import Entry, Sentences, Vector

if TYPE_CHECKING:
    from docs_qa.documents import Chunk
    from docs_qa.store.embeddings import Encoder

MOST_SENTENCES = 32
"""Kept per chunk; rows of a table beyond that share the last span."""
_HEADING_CHARACTERS = 120
_LARGEST = 127


def heading(chunk: Chunk) -> str:
    """Return where a chunk stands, e.g. "Rules > Fees > Late returns", shortened from the left.

    A passage rarely repeats what its headings say, and questions often do.
    """
    whole = " > ".join(part for part in (chunk.title, chunk.section) if part)
    return whole[-_HEADING_CHARACTERS:]


def searchable(chunk: Chunk) -> str:
    """Return the text that is embedded and indexed: the heading, then the chunk's text."""
    above = heading(chunk)
    return f"{above}\n{chunk.text}" if above else chunk.text


def make(chunks: Sequence[Chunk], encoder: Encoder) -> list[Entry]:
    """Embed chunks and their sentences.

    All texts go to the model together, so that it can batch those of similar length, and each
    different text goes once.

    Raises:
        TextTooLongError: a chunk is longer than the model reads.
    """
    cut = [sentence_spans(chunk.text) for chunk in chunks]
    wholes = [_whole(chunk, encoder) for chunk in chunks]
    sentences = [
        [chunk.text[start:end] for start, end in found]
        for chunk, found in zip(chunks, cut, strict=True)
    ]
    texts = list(dict.fromkeys([*wholes, *(text for group in sentences for text in group)]))
    row = {text: i for i, text in enumerate(texts)}
    vectors = encoder.documents(texts)
    return [
        Entry(chunk, vectors[row[whole]], quantise(found, vectors[[row[t] for t in group]]))
        for chunk, whole, found, group in zip(chunks, wholes, cut, sentences, strict=True)
    ]


def _whole(chunk: Chunk, encoder: Encoder) -> str:
    whole = searchable(chunk)
    # The splitter leaves room for a heading; one that needs more gives way to the text.
    return whole if encoder.fits(whole) else chunk.text


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text's sentences, at most MOST_SENTENCES and at least one."""
    found = spans(text) or [(0, len(text))]
    if len(found) <= MOST_SENTENCES:
        return found
    kept = found[: MOST_SENTENCES - 1]
    return [*kept, (found[len(kept)][0], found[-1][1])]


def quantise(found: Sequence[tuple[int, int]], vectors: Vector) -> Sentences:
    """Reduce sentence embeddings [S, D] to 8 bits per dimension, with one scale per sentence.

    The error of a cosine is below 0.005; a quarter of the memory of float32.
    """
    scales = (np.abs(vectors).max(axis=1) / _LARGEST).astype(np.float32)
    steps = vectors / np.where(scales > 0, scales, 1)[:, None]
    return Sentences(tuple(found), np.rint(steps).astype(np.int8), scales)
