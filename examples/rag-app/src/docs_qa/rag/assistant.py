"""The assistant: rewrites, retrieves, answers, and says so event by event."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from docs_qa.rag import conventions
from docs_qa.rag.answerer import Answerer, Overloaded, Unavailable
from docs_qa.rag.cache import AnswerCache
from docs_qa.rag.compose import Composer
from docs_qa.rag.events import (
    Done,
    Event,
    Failed,
    Meta,
    Sources,
    Turn,
)
from docs_qa.rag.pipeline import Pipeline, Query
from docs_qa.rag.recorder import Outcome, Recorder, Silent
from docs_qa.rag.retrieval import Retriever, Search
from docs_qa.rag.rewrite import Rewriter, RuleRewriter
from docs_qa.rag.settings import AnswersConfig
from docs_qa.rag.support import Similarity
from docs_qa.rag.tracing import OFF, Span, Tracing
from docs_qa.store import Where


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer at once."""

    meta: Meta
    sources: Sources
    done: Done


class Assistant:
    """Answers questions; one instance serves all of them, on one event loop."""

    def __init__(
        self,
        search: Search,
        answerer: Answerer,
        config: AnswersConfig | None = None,
        *,
        rewriter: Rewriter | None = None,
        similarity: Similarity | None = None,
        revisions: Callable[[], Mapping[str, str]] | None = None,
        recorder: Recorder | None = None,
        tracing: Tracing = OFF,
    ) -> None:
        """Put an assistant together; `open_assistant` does so from the settings.

        Args:
            search: finds passages.
            answerer: writes answers.
            config: how; None: the defaults.
            rewriter: makes follow-up questions complete; None: by rules.
            similarity: helps to check citations by meaning; None: by words only.
            revisions: the documents and their revisions; needed for the cache of answers.
            recorder: is told what happens; None: nobody.
            tracing: where spans go.
        """
        config = config or AnswersConfig()
        recorder = recorder or Silent()
        caching = config.cache.entries > 0 and revisions is not None
        self.answerer = answerer
        self._recorder = recorder
        self._tracing = tracing
        self._pipeline = Pipeline(
            rewriter=rewriter or RuleRewriter(),
            retriever=Retriever(search, config, recorder, tracing),
            composer=Composer(answerer, config, recorder, similarity),
            answerer=answerer,
            config=config,
            recorder=recorder,
            kept=AnswerCache(config.cache) if caching else None,
            revisions=revisions,
        )

    async def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        where: Where | None = None,
        *,
        k: int | None = None,
        request_id: str = "",
    ) -> AsyncGenerator[Event]:
        """Yield `Meta`, `Sources`, some `Token`s and `Done`, or `Failed` at any point.

        Close the generator (`contextlib.aclosing`) when the caller goes: that stops the model.

        Args:
            question: as typed.
            history: earlier turns, oldest first; what a model gets of it is bounded.
            where: filters; see `docs_qa.store.Where`.
            k: most passages; None: as configured.
            request_id: goes into `Meta` and traces.
        """
        query = Query(question, history, where, k, request_id)
        outcome: Outcome = "cancelled"
        mode = self.answerer.mode
        attributes = {conventions.WORKFLOW: "ask", conventions.REQUEST_ID: request_id or None}
        try:
            with self._tracing.span(conventions.INVOKE_WORKFLOW, "ask", None, attributes) as span:
                async with aclosing(self._pipeline.run(query, span)) as events:
                    async for event in events:
                        if isinstance(event, Done):
                            outcome = "abstained" if event.abstained else "answered"
                            mode = event.mode
                            self._describe(span, question, event)
                        elif isinstance(event, Failed):
                            outcome = "failed"
                            span.fail(event.kind)
                        yield event
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._recorder.question(mode, outcome)

    async def answer(
        self,
        question: str,
        history: Sequence[Turn] = (),
        where: Where | None = None,
        *,
        k: int | None = None,
        request_id: str = "",
    ) -> Answer:
        """Return the whole answer; arguments as for `ask`.

        Raises:
            Unavailable: there is none; `Overloaded` if too many are asked for.
        """
        meta, sources = (
            Meta(request_id, self.answerer.mode, "", question, rewritten=False),
            Sources(()),
        )
        async with aclosing(
            self.ask(question, history, where, k=k, request_id=request_id)
        ) as events:
            async for event in events:
                match event:
                    case Meta():
                        meta = event
                    case Sources():
                        sources = event
                    case Done():
                        return Answer(meta, sources, event)
                    case Failed():
                        raise _unavailable(event)
        raise RuntimeError("a stream ended without Done or Failed")

    def close(self) -> None:
        """Send the traces that are waiting. The index stays open: it is the caller's."""
        self._tracing.flush()

    def _describe(self, span: Span, question: str, done: Done) -> None:
        span.set(
            {
                conventions.MODE: done.mode,
                conventions.RESPONSE_MODEL: done.model,
                conventions.ABSTAINED: done.abstained,
                conventions.REASON: done.reason or None,
                conventions.COST: done.usage.cost_usd,
            }
        )
        if self._tracing.content:
            span.set(
                {
                    conventions.INPUT_MESSAGES: [question],
                    conventions.OUTPUT_MESSAGES: [done.answer],
                }
            )


def _unavailable(failed: Failed) -> Unavailable:
    kind = Overloaded if failed.kind == "overloaded" else Unavailable
    timeout = failed.kind == "model-timeout"
    return kind(failed.detail, timeout=timeout, retry_after=failed.retry_after)
