"""Finds the passages for a question, numbers them, and says how strong the evidence is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from docs_qa.documents.sentences import spans
from docs_qa.rag import conventions
from docs_qa.rag.events import Source
from docs_qa.rag.recorder import Recorder
from docs_qa.rag.settings import AnswersConfig
from docs_qa.rag.tracing import Span, Tracing
from docs_qa.rag.untrusted import clean, suspicious
from docs_qa.rag.words import tokens
from docs_qa.store import Found, Results, Sentence, Where


class Search(Protocol):
    """What is needed of `docs_qa.store.Searcher`."""

    def search(self, query: str, k: int | None = None, where: Where | None = None) -> Results:
        """Return the best passages; may take long, so it is called in a thread."""
        ...


@dataclass(frozen=True, slots=True)
class Passages:
    """What a question found.

    Attributes:
        found: as the search returned it, best first.
        sources: the same, numbered and made safe to show.
        evidence: the configured signal of the best passage, -1..1; -1 without passages.
        seconds: of the stages `retrieve` and `rerank`.
    """

    found: tuple[Found, ...]
    sources: tuple[Source, ...]
    evidence: float
    seconds: Mapping[str, float]


class Retriever:
    """Searches off the event loop, a limited number at once."""

    def __init__(
        self,
        search: Search,
        config: AnswersConfig,
        recorder: Recorder,
        tracing: Tracing,
    ) -> None:
        self._search = search
        self._config = config
        self._recorder = recorder
        self._tracing = tracing
        self._places = asyncio.Semaphore(config.concurrency.searches)

    async def find(
        self,
        question: str,
        where: Where | None,
        k: int | None,
        parent: Span | None,
        *,
        budget: int | None = None,
    ) -> Passages:
        """Search.

        Args:
            question: understandable by itself.
            where: filters.
            k: most passages; None: as configured.
            parent: span of the question.
            budget: tokens that the passages may have together; None: any. The first always stays.
        """
        limit = k or self._config.passages
        with self._tracing.span(conventions.RETRIEVAL, "passages", parent) as span:
            async with self._places:
                results = await asyncio.to_thread(self._search.search, question, limit, where)
            found = tuple(map(_with_sentences, _within(results.hits, budget)))
            sources = tuple(_source(number, hit) for number, hit in enumerate(found, start=1))
            strength = evidence(found, self._config.evidence.signal)
            span.set({conventions.PASSAGES: len(found), conventions.EVIDENCE: strength})
            if self._tracing.content:
                documents = [f"{source.document}#{source.passage}" for source in sources]
                span.set({conventions.QUERY: question, conventions.DOCUMENTS: documents})
        self._recorder.top_score(strength)
        if count := sum(source.suspicious for source in sources):
            self._recorder.suspicious_passages(count)
        rerank = results.seconds.get("rerank", 0.0)
        seconds = {"retrieve": results.seconds.get("total", 0.0) - rerank, "rerank": rerank}
        return Passages(found, sources, strength, seconds)


def evidence(found: Sequence[Found], signal: str) -> float:
    """Return how much the best passage resembles the question: a cosine, -1 without passages.

    Where the search used no embeddings at all there is no such measure; any hit then counts as 1.

    Args:
        found: passages with their scores.
        signal: `sentence`: of the best sentence; `dense`: of the best whole passage.
    """
    if not found:
        return -1.0
    for name in signal, "dense":
        if scores := [hit.scores[name] for hit in found if name in hit.scores]:
            return max(scores)
    return 1.0


def _with_sentences(hit: Found) -> Found:
    """Where the ranking looked at no sentences, each gets its passage's score."""
    if hit.sentences:
        return hit
    score = hit.scores.get("dense", 0.0)
    sentences = tuple(Sentence(start, end, score) for start, end in spans(hit.chunk.text))
    return replace(hit, sentences=sentences)


def _within(hits: Sequence[Found], budget: int | None) -> tuple[Found, ...]:
    if budget is None:
        return tuple(hits)
    kept: list[Found] = []
    for hit in hits:
        budget -= tokens(hit.chunk.text)
        if kept and budget < 0:
            break
        kept.append(hit)
    return tuple(kept)


def _source(number: int, hit: Found) -> Source:
    chunk = hit.chunk
    return Source(
        number=number,
        passage=chunk.id,
        document=chunk.document,
        title=clean(chunk.title),
        section=clean(chunk.section),
        page=chunk.page,
        kind=chunk.kind,
        score=hit.score,
        text=clean(chunk.text),
        suspicious=suspicious(f"{chunk.title}\n{chunk.section}\n{chunk.text}"),
    )
