"""Measures the cost of the store around the embedding model, on made-up text; writes the record.

What the model costs is given by its choice. What is measured here is everything else: indexing against
embedding the same texts bare, and each stage of a search.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from docs_qa import evidence
from docs_qa.documents import Chunk
from docs_qa.documents.model import chunk_id
from docs_qa.store import entries
from docs_qa.store.index import Index, open_index
from docs_qa.store.settings import SearchSettings, StoreSettings
from docs_qa.store.types import Entry

if TYPE_CHECKING:
    from docs_qa.store.types import Vector

SEED = 7
VOCABULARY = 4000
SENTENCES, WORDS = 6, 16
QUESTIONS = 100
FILLED = 20_000
"""Chunks in the index while searches are timed; their vectors are random."""


def record(passages: int) -> Path:
    """Measure in a temporary folder and write `evidence/search.json`.

    Args:
        passages: made-up chunks that are embedded, six sentences of 16 words each.

    Raises:
        StoreError: the embedding model is not built.
    """
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as folder, _timed_index(Path(folder)) as index:
        chunks = [_chunk(rng, number) for number in range(passages)]
        index.embeddings.documents([chunk.text for chunk in chunks[:8]])  # warm
        bare, indexing = _indexing(index, chunks)
        _fill(index, rng)
        stages = _searching(index, chunks, rng)
        values = [
            evidence.Value(
                "Indexing / embedding alone",
                indexing / bare,
                "x",
                note="processor time; chunks and their sentences in both",
            ),
            evidence.Value(
                "Indexing", passages / indexing, "chunks/s", note="per processor second"
            ),
            *(
                evidence.Value(f"Search, {stage}, p95", 1000 * float(np.quantile(each, 0.95)), "ms")
                for stage, each in stages.items()
            ),
        ]
        count = index.store.count()
        title = f"Indexing, and searching {count:,} chunks, with {index.embeddings.name}"
    return evidence.write(
        "search",
        title,
        values,
        command="docs-qa store measure",
        seed=SEED,
        details={"chunks": count, "questions": QUESTIONS, "passages": passages},
    )


@contextmanager
def _timed_index(folder: Path) -> Iterator[Index]:
    settings = StoreSettings()
    local = settings.model_copy(update={"store": "qdrant-edge", "data_dir": folder})
    with open_index(local) as index:
        yield index


def _indexing(index: Index, chunks: list[Chunk]) -> tuple[float, float]:
    """Processor seconds of embedding all texts, and of indexing them."""
    texts = [entries.searchable(chunk) for chunk in chunks]
    for chunk in chunks:
        spans = entries.sentence_spans(chunk.text)
        texts += [chunk.text[start:end] for start, end in spans]
    bare = _processor_seconds(lambda: index.embeddings.documents(texts))
    return bare, _processor_seconds(lambda: index.sink().add(chunks))


def _processor_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _fill(index: Index, rng: np.random.Generator) -> None:
    for start in range(0, FILLED, 1000):
        made = []
        for number in range(start, start + 1000):
            chunk = _chunk(rng, number, "filler")
            spans = entries.sentence_spans(chunk.text)
            sentences = _units(rng, len(spans), index.embeddings.dimensions)
            vector = _units(rng, 1, index.embeddings.dimensions)[0]
            made.append(Entry(chunk, vector, entries.quantise(spans, sentences)))
        index.store.upsert(made)


def _searching(
    index: Index,
    chunks: list[Chunk],
    rng: np.random.Generator,
) -> dict[str, list[float]]:
    searcher = index.searcher(settings=SearchSettings.load())
    stages: dict[str, list[float]] = {}
    for number in range(QUESTIONS):
        words = chunks[number % len(chunks)].text.split()
        question = " ".join(rng.choice(words, size=8))
        for stage, seconds in searcher.search(question).seconds.items():
            stages.setdefault(stage, []).append(seconds)
    return stages


def _chunk(rng: np.random.Generator, number: int, name: str = "passage") -> Chunk:
    """Make a chunk of random words, some of them far more frequent than others."""
    ranks = np.minimum(rng.zipf(1.3, SENTENCES * WORDS), VOCABULARY)
    words = [f"w{rank}" for rank in ranks]
    rows = [words[i : i + WORDS] for i in range(0, len(words), WORDS)]
    text = " ".join(" ".join(row).capitalize() + "." for row in rows)
    document = f"{name}-{number}"
    return Chunk(
        id=chunk_id(document, "0", 0),
        document=document,
        revision="0",
        index=0,
        title=document,
        section="",
        page=None,
        kind="text",
        text=text,
        start=0,
        end=len(text),
        metadata={"source": "upload"},
    )


def _units(rng: np.random.Generator, rows: int, dimensions: int) -> Vector:
    vectors = rng.standard_normal((rows, dimensions), dtype=np.float32)
    scaled: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled
