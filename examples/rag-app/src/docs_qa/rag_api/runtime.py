"""What is open while the service runs: the index, the library, the assistant."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from docs_qa.api.problems import NOT_READY, Problem
from docs_qa.documents.library import LibraryError
from docs_qa.rag.events import (
    Done,
    Event,
    Meta,
    Source,
    Sources,
)
from docs_qa.rag_api.feedback import Kept
from docs_qa.rag_api.jobs import Job, Jobs, Stopping
from docs_qa.rag_api.metrics import Metrics
from docs_qa.rag_api.opened import Opened
from docs_qa.rag_api.settings import AllSettings
from docs_qa.store import StoreError

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 60.0


class Runtime:
    """Opens what the routes need, keeps trying while that is impossible, closes it in the end.

    The process that holds the embedded index may be about to end, as when a new version of the
    service is started beside the old one: so being refused is no reason to give up.

    Attributes:
        settings: of the routes.
        metrics: of questions and documents.
        jobs: changes of the documents.
    """

    def __init__(self, settings: AllSettings, metrics: Metrics) -> None:
        self.settings = settings.routes
        self.metrics = metrics
        inbox = settings.documents.data_dir / "inbox"
        self.jobs = Jobs(inbox, self.settings.upload_queue, self._change)
        self._all_settings = settings
        self._opened: Opened | None = None
        self._lifespans = 0
        self._obstacle = "The index is being opened"
        self._facts: dict[str, object] = {}

    def opened(self) -> Opened:
        """What is open.

        Raises:
            Problem: it is not open yet.
        """
        if self._opened is None:
            raise Problem(NOT_READY, self._obstacle, retry_after=RETRY_SECONDS)
        return self._opened

    def obstacle(self) -> str | None:
        """Why questions cannot be answered yet; None if they can."""
        return self._obstacle if self._opened is None else None

    def facts(self) -> dict[str, object]:
        """What answers, from what; as of the last change or minute."""
        return self._facts

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Open; close what is open by then. One inside another, as of test clients, does nothing."""
        self._lifespans += 1
        if self._lifespans == 1:
            await self._try_to_open()
        try:
            yield
        finally:
            self._lifespans -= 1
            if not self._lifespans:
                await asyncio.to_thread(self._close)

    async def keep_house(self) -> None:
        """Open if that failed; then, every minute, count and forget what is too old."""
        while self._opened is None:
            await asyncio.sleep(RETRY_SECONDS)
            await self._try_to_open()
        while True:
            await asyncio.to_thread(self._opened.feedback.forget, self.settings.keep_questions_days)
            await asyncio.to_thread(self._count)
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    def ask_for_sync(self) -> None:
        """Queue a full look at the folder, unless too much is waiting already."""
        try:
            self.jobs.sync()
        except Problem as problem:
            logger.warning("folder not looked at", extra={"reason": problem.detail})

    async def remove(self, document: str) -> bool:
        """Remove a document; return whether there was one."""
        removed = await asyncio.to_thread(self.opened().remove, document)
        if removed:
            self.metrics.ingestion.labels("removed").inc()
            await asyncio.to_thread(self._count)
        return removed

    async def kept(self, events: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
        """Pass on the events of an answer, and keep what was asked if that is allowed."""
        meta: Meta | None = None
        sources: tuple[Source, ...] = ()
        async with contextlib.aclosing(events):
            async for event in events:
                yield event
                if isinstance(event, Meta):
                    meta = event
                elif isinstance(event, Sources):
                    sources = event.sources
                elif isinstance(event, Done) and meta and self.settings.store_questions:
                    await self._keep(meta, sources, event)

    async def _keep(self, meta: Meta, sources: tuple[Source, ...], done: Done) -> None:
        cited: list[dict[str, object]] = [
            {
                "document": source.document,
                "section": source.section,
                "page": source.page,
                "text": source.text,
            }
            for source in sources
            if source.number in done.citations
        ]
        kept = Kept(
            meta.request_id,
            done.mode,
            done.model,
            meta.question,
            done.answer,
            done.abstained,
            cited,
        )
        try:
            await asyncio.to_thread(self.opened().feedback.keep, kept)
        except Exception:  # the answer was given; it only cannot be evaluated later
            logger.exception("question not kept")

    async def _try_to_open(self) -> None:
        try:
            opened = await asyncio.to_thread(Opened, self._all_settings, self.metrics)
        except Exception as error:  # whatever a database or a provider's client raises
            told = isinstance(error, StoreError | LibraryError | ValueError)
            reason = str(error) if told else "The failure was logged"
            if reason != self._obstacle:
                logger.exception("index not opened")
            self._obstacle = reason
            return
        self._opened = opened
        self.jobs.start()
        await asyncio.to_thread(self._count)

    def _close(self) -> None:
        self._obstacle = "A shutdown has begun"
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.stop()
            self.jobs.stop()
            opened.close()

    def _count(self) -> None:
        opened = self._opened
        if opened is not None:
            documents, chunks = opened.counts()
            self.metrics.documents.set(documents)
            self.metrics.chunks.set(chunks)
            self._facts = {**opened.facts, "documents": documents, "chunks": chunks}

    def _change(self, job: Job, file: Path | None) -> bool:
        """Do a job, in the worker's thread; return whether it succeeded."""
        opened = self._opened
        if opened is None:
            raise Stopping
        succeeded = opened.change(job, file)
        self._count()
        return succeeded
