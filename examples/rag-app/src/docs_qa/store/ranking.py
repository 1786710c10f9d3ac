"""Candidates and their scores: what the stages of a search hand on, and how scores become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from docs_qa.store import fusion

if TYPE_CHECKING:
    from docs_qa.documents import Chunk
    from docs_qa.store.settings import SearchSettings
    from docs_qa.store.types import Entry, Vector


class Sentence(NamedTuple):
    """A sentence of a found chunk: `text[start:end]`, and its cosine with the question."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk in the result.

    Attributes:
        chunk: the chunk.
        score: what the result is ordered by; comparable within one result only.
        scores: what it is made of, where known: `dense` (cosine with the chunk), `lexical` (BM25;
            absent if the lexical leg did not find it), `sentence` (cosine with the best sentence)
            and `cross_encoder`. The cosines are comparable between questions.
        sentences: of the chunk, in order; empty unless they were used for re-ranking.
    """

    chunk: Chunk
    score: float
    scores: Mapping[str, float]
    sentences: tuple[Sentence, ...] = ()


@dataclass(slots=True)
class Candidate:
    """A chunk on its way through the stages, with the scores known so far."""

    chunk: Chunk
    scores: dict[str, float]
    entry: Entry | None = None
    sentences: tuple[Sentence, ...] = ()


class Columns(NamedTuple):
    """The candidates' scores by kind, each float64 [N], or None where nothing has it."""

    dense: fusion.Scores | None
    lexical: fusion.Scores
    sentence: fusion.Scores | None


def columns(candidates: Sequence[Candidate]) -> Columns:
    """Collect scores as arrays; a candidate that the lexical leg did not find has BM25 0."""

    def column(name: str) -> fusion.Scores | None:
        if all(name not in c.scores for c in candidates):
            return None
        return np.array([c.scores.get(name, 0.0) for c in candidates])

    lexical = column("lexical")
    if lexical is None:
        lexical = np.zeros(len(candidates))
    return Columns(column("dense"), lexical, column("sentence"))


def combine(scores: Columns, settings: SearchSettings) -> fusion.Scores:
    """Reduce the candidates' scores to one each.

    With sentences, the semantic score is a mean of the chunk's cosine and its best sentence's. It
    takes the place of the cosine, also where only the lexical leg proposed candidates.
    """
    dense, lexical, sentence = scores
    if sentence is not None and dense is not None:
        dense = fusion.semantic(dense, sentence, settings.sentence_weight)
    if dense is None or (settings.fusion == "lexical" and sentence is None):
        return lexical
    weight = settings.dense_weight
    match settings.fusion:
        case "dense":
            return dense
        case "rrf":
            return fusion.rrf(dense, lexical, settings.rrf_k)
        case "dbsf":
            return fusion.dbsf(dense, lexical, weight)
        case "convex" | "lexical":
            return fusion.convex(dense, lexical, weight)


def score_sentences(candidate: Candidate, vector: Vector) -> None:
    """Score the stored sentences of a candidate against the question's vector."""
    if candidate.entry is None:
        return
    stored = candidate.entry.sentences
    scores = stored.scores(vector).tolist()
    spans = zip(stored.spans, scores, strict=True)
    candidate.sentences = tuple(Sentence(start, end, score) for (start, end), score in spans)
    candidate.scores["sentence"] = max(scores)


def found(candidate: Candidate, score: float) -> Found:
    """Return a candidate with its final score."""
    return Found(candidate.chunk, score, candidate.scores, candidate.sentences)
