"""The steps from a question to an answer, and their times."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from docs_qa.rag import cache
from docs_qa.rag.answerer import (
    Answerer,
    Overloaded,
    Task,
    Unavailable,
)
from docs_qa.rag.compose import Composer
from docs_qa.rag.events import (
    Done,
    Event,
    Failed,
    FailureKind,
    Meta,
    Reason,
    Sources,
    Token,
    Turn,
    Usage,
)
from docs_qa.rag.recorder import Recorder, Stage
from docs_qa.rag.retrieval import Passages, Retriever
from docs_qa.rag.rewrite import Rewriter
from docs_qa.rag.settings import AnswersConfig
from docs_qa.rag.tracing import Span
from docs_qa.store import Where

logger = logging.getLogger(__name__)

# Answers that asking again would only repeat; the others may come out better.
_LASTING = {Reason.NONE, Reason.WEAK_EVIDENCE, Reason.DECLINED}
_ROUNDING = 6


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked; see `Assistant.ask`."""

    question: str
    history: Sequence[Turn] = ()
    where: Where | None = None
    k: int | None = None
    request_id: str = ""


@dataclass(slots=True)
class Stopwatch:
    """Seconds of each stage of one question; every stage is recorded once."""

    recorder: Recorder
    seconds: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def total(self) -> float:
        """Return the seconds since the question came."""
        return time.perf_counter() - self.started

    def note(self, stage: Stage, seconds: float) -> None:
        """Record a stage, the first time that it is noted."""
        if stage not in self.seconds:
            self.seconds[stage] = round(seconds, _ROUNDING)
            self.recorder.stage(stage, seconds)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All parts that answer questions; holds nothing of a single question."""

    rewriter: Rewriter
    retriever: Retriever
    composer: Composer
    answerer: Answerer
    config: AnswersConfig
    recorder: Recorder
    kept: cache.AnswerCache | None = None
    revisions: Callable[[], Mapping[str, str]] | None = None

    async def run(self, query: Query, span: Span) -> AsyncGenerator[Event]:
        """Yield the events of one question, from the cache if they are there."""
        watch = Stopwatch(self.recorder)
        digest = self._digest(query)
        if kept := self._look_up(digest):
            yield self._meta(query, kept.question)
            yield Sources(kept.sources)
            yield Token(kept.done.answer)
            watch.note("total", watch.total())
            yield replace(kept.done, cached=True, usage=Usage(), seconds=watch.seconds)
            return
        rewritten = await self.rewriter.rewrite(query.question, query.history, span)
        watch.note("rewrite", watch.total())
        yield self._meta(query, rewritten.question)
        passages = await self._find(query, rewritten.question, span)
        if isinstance(passages, Failed):
            yield passages
            return
        for stage in "retrieve", "rerank":
            watch.note(stage, passages.seconds[stage])
        yield Sources(passages.sources)
        task = Task(
            question=query.question,
            standalone=rewritten.question,
            history=query.history,
            sources=passages.sources,
            found=passages.found,
            span=span,
        )
        events = self._answer(task, passages.evidence, rewritten.usage, watch)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    self._keep(digest, cache.Kept(rewritten.question, passages.sources, event))
                yield event

    async def _find(self, query: Query, question: str, span: Span) -> Passages | Failed:
        # A model can read only so much; quoting costs nothing.
        limit = self.config.prompt.context_tokens
        budget = limit if self.answerer.mode == "model" else None
        try:
            return await self.retriever.find(question, query.where, query.k, span, budget=budget)
        except ValueError as error:
            return Failed("bad-filters", str(error))
        except Exception:  # whatever the database's client raises: said once, not shown
            logger.exception("search failed")
            return Failed("search-failed", "The documents cannot be searched at the moment.")

    async def _answer(
        self,
        task: Task,
        evidence: float,
        spent: Usage,
        watch: Stopwatch,
    ) -> AsyncGenerator[Event]:
        start = watch.total()
        events = self.composer.compose(task, evidence)
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Done):
                        watch.note("answer", watch.total() - start)
                        watch.note("total", watch.total())
                        usage = event.usage + spent
                        yield replace(event, usage=usage, seconds=watch.seconds)
                    else:
                        watch.note("first_token", watch.total())
                        yield event
        except Overloaded as error:
            yield Failed("overloaded", str(error), error.retry_after)
        except Unavailable as error:
            kind: FailureKind = "model-timeout" if error.timeout else "model-unavailable"
            yield Failed(kind, str(error), error.retry_after)

    def _meta(self, query: Query, question: str) -> Meta:
        answerer = self.answerer
        rewritten = " ".join(question.split()) != " ".join(query.question.split())
        return Meta(query.request_id, answerer.mode, answerer.model, question, rewritten)

    def _digest(self, query: Query) -> str:
        if self.kept is None or self.revisions is None:
            return ""
        settings = (query.k, self.answerer.model, self.config, sorted(self.revisions().items()))
        return cache.key(query.question, query.history, query.where, *settings)

    def _look_up(self, digest: str) -> cache.Kept | None:
        if self.kept is None:
            return None
        found = self.kept.get(digest)
        self.recorder.cache("answers", hit=found is not None)
        return found

    def _keep(self, digest: str, kept: cache.Kept) -> None:
        if self.kept is not None and kept.done.reason in _LASTING:
            self.kept.put(digest, kept)
