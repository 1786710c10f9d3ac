"""From passages to a verified answer: abstain, or stream, check, and say what was found wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from docs_qa.rag.answerer import (
    Answerer,
    Ending,
    Task,
    Unavailable,
)
from docs_qa.rag.citations import CitationFilter, cited
from docs_qa.rag.events import Done, Mode, Reason, Token, Usage
from docs_qa.rag.extractive import ExtractiveAnswerer
from docs_qa.rag.links import LinkFilter
from docs_qa.rag.recorder import Recorder
from docs_qa.rag.settings import AnswersConfig
from docs_qa.rag.support import Check, Similarity

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Draft:
    """An answer while it is written."""

    text: str = ""
    ending: Ending | None = None
    invalid: int = 0


class Composer:
    """Writes answers; `usage` and `seconds` of what it yields cover the answering only."""

    def __init__(
        self,
        answerer: Answerer,
        config: AnswersConfig,
        recorder: Recorder,
        similarity: Similarity | None = None,
    ) -> None:
        self._answerer = answerer
        self._quoting = ExtractiveAnswerer(config.extractive)
        self._config = config
        self._recorder = recorder
        self._similarity = similarity

    async def compose(self, task: Task, evidence: float) -> AsyncGenerator[Token | Done]:
        """Yield the answer and then its summary.

        Args:
            task: question and passages.
            evidence: how strong they are.

        Raises:
            Unavailable: the model failed, and quoting instead is off or came too late.
        """
        if self._weak(self._answerer.mode, evidence):
            yield Token(self._config.unknown)
            yield self._abstained(self._answerer, Reason.WEAK_EVIDENCE)
            return
        draft = _Draft()
        try:
            async with aclosing(self._write(self._answerer, task, draft)) as tokens:
                async for token in tokens:
                    yield token
        except Unavailable:
            if draft.text or not self._config.degrade or self._answerer.mode == "extractive":
                raise
            async with aclosing(self._instead(task, evidence)) as events:
                async for event in events:
                    yield event
            return
        async with aclosing(self._finish(task, draft)) as events:
            async for event in events:
                yield event

    def _weak(self, mode: Mode, evidence: float) -> bool:
        limits = self._config.evidence
        return evidence < (limits.model if mode == "model" else limits.extractive)

    def _abstained(self, answerer: Answerer, reason: str) -> Done:
        return Done(
            answer=self._config.unknown,
            citations=(),
            claims=(),
            abstained=True,
            reason=reason,
            mode=answerer.mode,
            model=answerer.model,
            usage=Usage(),
        )

    async def _instead(self, task: Task, evidence: float) -> AsyncGenerator[Token | Done]:
        """Quote, because no model answers."""
        logger.warning("no model is available, quoting the passages instead")
        if self._weak("extractive", evidence):
            yield Token(self._config.unknown)
            yield self._abstained(self._quoting, Reason.DEGRADED)
            return
        draft = _Draft()
        async for token in self._write(self._quoting, task, draft):
            yield token
        async for event in self._finish(task, draft):
            yield replace(event, reason=Reason.DEGRADED) if isinstance(event, Done) else event

    async def _write(self, answerer: Answerer, task: Task, draft: _Draft) -> AsyncGenerator[Token]:
        """Stream the text through the filters, and gather it in the draft."""
        marks = CitationFilter(len(task.sources))
        links = LinkFilter(source.text for source in task.sources)
        async with aclosing(answerer.stream(task)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Ending):
                    draft.ending = piece
                    text = marks.feed(links.close()) + marks.close()
                else:
                    text = marks.feed(links.feed(piece))
                if not draft.text:
                    text = text.lstrip()
                if text:
                    draft.text += text
                    yield Token(text)
        draft.invalid = marks.removed

    async def _finish(self, task: Task, draft: _Draft) -> AsyncGenerator[Token | Done]:
        """Check what was written."""
        ending = draft.ending
        if ending is None:
            raise RuntimeError("an answerer must end with an Ending")
        text = draft.text.rstrip()
        if ending.declined or not text:
            if not text:
                yield Token(self._config.unknown)
            self._invalid(draft.invalid + len(cited(text)))
            yield Done(
                answer=text or self._config.unknown,
                citations=(),
                claims=(),
                abstained=True,
                reason=Reason.DECLINED,
                mode=ending.mode,
                model=ending.model,
                usage=ending.usage,
            )
            return
        check = Check(task.standalone, task.sources, self._config.support, self._similarity)
        verified = await asyncio.to_thread(check.verify, text)
        self._invalid(draft.invalid + verified.removed)
        reason = Reason.CUT if ending.cut else Reason.NONE
        if not any(claim.supported for claim in verified.claims):
            reason = Reason.UNSUPPORTED
        yield Done(
            answer=verified.answer,
            citations=cited(verified.answer),
            claims=verified.claims,
            abstained=False,
            reason=reason,
            mode=ending.mode,
            model=ending.model,
            usage=ending.usage,
        )

    def _invalid(self, count: int) -> None:
        if count:
            self._recorder.invalid_citations(count)
