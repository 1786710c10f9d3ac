"""Hybrid search: two rankings of the chunks, fused and refined; each stage is timed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from docs_qa.store import ranking
from docs_qa.store.ranking import Candidate, Found
from docs_qa.store.types import Hit, StoreError, Vector

if TYPE_CHECKING:
    from langchain_core.cross_encoders import BaseCrossEncoder

    from docs_qa.store.embeddings import Encoder
    from docs_qa.store.retriever import StoreRetriever
    from docs_qa.store.settings import SearchSettings
    from docs_qa.store.types import Store, Where

logger = logging.getLogger(__name__)
Active = Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found.

    Attributes:
        hits: best first.
        seconds: wall time of the stages `embed`, `retrieve`, `rerank`, and of them `total`.
    """

    hits: tuple[Found, ...]
    seconds: Mapping[str, float]


class Searcher:
    """Searches a store; any number of threads may use it.

    Attributes:
        settings: how it searches.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        settings: SearchSettings,
        *,
        active: Active | None = None,
        cross_encoder: BaseCrossEncoder | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            store: holds the chunks.
            encoder: embeds questions as the chunks were embedded.
            settings: legs, fusion and re-ranking.
            active: returns the current revision of every document; what is of another revision
                is being replaced and not returned. Without it, everything in the store counts.
            cross_encoder: for `rerank = "cross-encoder"`.

        Raises:
            StoreError: the settings ask for a cross encoder and there is none.
        """
        if settings.rerank == "cross-encoder" and cross_encoder is None:
            raise StoreError('rerank = "cross-encoder" needs `cross_encoder` in config/search.toml')
        self.settings = settings
        self._store = store
        self._encoder = encoder
        self._active = active
        self._cross_encoder = cross_encoder

    def search(self, query: str, k: int | None = None, where: Where | None = None) -> Results:
        """Find the chunks that answer a question.

        Args:
            query: the question, in words.
            k: chunks wanted; the settings' `k` if not given.
            where: filter, see `types.Where`.

        Returns:
            At most k chunks, best first.

        Raises:
            StoreError: the database or the embedding model does not answer.
            ValueError: a filter key cannot be used.
        """
        seconds: dict[str, float] = {}
        with _timed(seconds, "total"):
            with _timed(seconds, "embed"):
                vector = self._embed(query)
            with _timed(seconds, "retrieve"):
                candidates = self._retrieve(query, vector, where)
            with _timed(seconds, "rerank"):
                ranked = self._rank(query, vector, candidates)
        hits = ranked[: self.settings.k if k is None else k]
        return Results(tuple(hits), seconds)

    def as_retriever(self, k: int | None = None, where: Where | None = None) -> StoreRetriever:
        """Return this search as a LangChain retriever."""
        from docs_qa.store.retriever import StoreRetriever

        return StoreRetriever(searcher=self, k=k, where=where)

    def _embed(self, query: str) -> Vector | None:
        lexical_only = self.settings.fusion == "lexical" and self.settings.rerank != "sentences"
        return None if lexical_only else self._encoder.query(query)

    def _retrieve(
        self,
        query: str,
        vector: Vector | None,
        where: Where | None,
    ) -> list[Candidate]:
        """The union of the legs, with complete scores and, for re-ranking, with sentences."""
        depth, legs = self.settings.depth, _legs(self.settings)
        found: dict[str, Candidate] = {}
        if "lexical" in legs:
            _add(found, "lexical", self._current(self._store.lexical(query, depth, where)))
        if "dense" in legs and vector is not None:
            _add(found, "dense", self._current(self._store.dense(vector, depth, where)))
        if vector is None:
            return list(found.values())
        if self.settings.rerank == "sentences":
            incomplete = list(found)
        else:
            incomplete = [key for key, c in found.items() if "dense" not in c.scores]
        for entry in self._store.get(incomplete):
            candidate = found[entry.chunk.id]
            candidate.entry = entry
            # The lexical leg's finds have a cosine too; ranking them without it would cost quality.
            candidate.scores.setdefault("dense", float(entry.vector @ vector))
        # What is gone since it was found was deleted in the meantime.
        return [c for c in found.values() if "dense" in c.scores]

    def _current(self, hits: Sequence[Hit]) -> list[Hit]:
        if self._active is None:
            return list(hits)
        active = self._active()
        return [hit for hit in hits if active.get(hit.chunk.document) == hit.chunk.revision]

    def _rank(
        self,
        query: str,
        vector: Vector | None,
        candidates: list[Candidate],
    ) -> list[Found]:
        if not candidates:
            return []
        if self.settings.rerank == "sentences" and vector is not None:
            candidates = [c for c in candidates if c.entry is not None]
            for candidate in candidates:
                ranking.score_sentences(candidate, vector)
        scores = ranking.combine(ranking.columns(candidates), self.settings)
        order = np.argsort(-scores, kind="stable")
        ranked = [ranking.found(candidates[i], float(scores[i])) for i in order]
        if self._cross_encoder is not None:
            return self._reread(query, ranked)
        return ranked

    def _reread(self, query: str, ranked: list[Found]) -> list[Found]:
        """Reorder the first candidates by the cross encoder; keep the order if it fails."""
        depth = self.settings.rerank_depth
        pairs = [(query, found.chunk.text) for found in ranked[:depth]]
        try:
            scores = self._cross_encoder.score(pairs) if self._cross_encoder else []
        except Exception:
            # A worse order is better than no answer, whatever went wrong there.
            logger.exception("the cross encoder failed")
            return ranked
        first = [
            Found(f.chunk, float(score), {**f.scores, "cross_encoder": float(score)}, f.sentences)
            for f, score in zip(ranked, scores, strict=False)
        ]
        first.sort(key=lambda found: -found.score)
        return [*first, *ranked[depth:]]


def _legs(settings: SearchSettings) -> tuple[str, ...]:
    only = settings.fusion
    return (only,) if only in ("dense", "lexical") else ("lexical", "dense")


def _add(found: dict[str, Candidate], leg: str, hits: Sequence[Hit]) -> None:
    for chunk, score in hits:
        found.setdefault(chunk.id, Candidate(chunk, {})).scores[leg] = score


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = time.perf_counter() - start
