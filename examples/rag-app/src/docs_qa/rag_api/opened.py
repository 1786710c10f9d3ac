"""Index, library, assistant and ratings, opened together. Every method may block."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from docs_qa.documents import (
    Chunk,
    Failure,
    Library,
    Progress,
    Report,
)
from docs_qa.documents.library import LibraryError
from docs_qa.documents.model import chunk_id
from docs_qa.rag import open_assistant
from docs_qa.rag.settings import load
from docs_qa.rag_api.feedback import Feedback, engine
from docs_qa.rag_api.jobs import Job, Stopping
from docs_qa.rag_api.metrics import Metrics
from docs_qa.rag_api.schemas import DocumentInfo, Passage
from docs_qa.rag_api.settings import AllSettings
from docs_qa.store import StoreError, open_index

BUSY_SECONDS = 60.0
NAMED = 10  # documents that a job names as unreadable; the list of documents has all


class Opened:
    """What the routes work with.

    Args:
        settings: of all parts.
        metrics: is told what the assistant does and what becomes of documents.

    Attributes:
        assistant: answers questions.
        searcher: finds passages.
        feedback: keeps ratings.
        facts: what answers, from what.

    Raises:
        StoreError: the index cannot be opened, or another process has it open.
        LibraryError: the library was written by another version.
        ValueError: a setting is wrong.
    """

    def __init__(self, settings: AllSettings, metrics: Metrics) -> None:
        self._metrics = metrics
        self._folder = settings.documents.folder
        self._stopping = threading.Event()
        chat = settings.chat
        config = load(chat.answers_config)
        with ExitStack() as stack:
            self._index = stack.enter_context(open_index(settings.store))
            self._library = stack.enter_context(Library(settings=settings.documents))
            self._sink = self._index.sink()
            database = engine()
            stack.callback(database.dispose)
            self.feedback = Feedback(database)
            self.searcher = self._index.searcher(self._library.active)
            self.assistant = open_assistant(
                self._index,
                active=self._library.active,
                chat=chat,
                config=config,
                recorder=metrics,
            )
            stack.callback(self.assistant.close)
            self._embedded = self._index.embeddings.stats
            self._closing = stack.pop_all()
        metrics.reference_top_score.set(config.evidence.reference)
        for model in filter(None, (chat.chat_model, chat.chat_fallback)):
            metrics.expect_model(model)
        self.facts: dict[str, object] = {
            "mode": self.assistant.answerer.mode,
            "model": self.assistant.answerer.model,
            "store": settings.store.store,
            "embeddings": self._index.signature.embeddings,
        }

    def stop(self) -> None:
        """Break off a change of the documents at the next opportunity."""
        self._stopping.set()

    def close(self) -> None:
        """Close everything; nothing may be using it."""
        self._closing.close()

    def counts(self) -> tuple[int, int]:
        """Documents that answers may use, and passages in the index; counts cache hits as well."""
        before, self._embedded = self._embedded, self._index.embeddings.stats
        self._metrics.looks(
            "embeddings",
            hits=self._embedded.hits - before.hits,
            misses=self._embedded.misses - before.misses,
        )
        return len(self._library.active()), self._index.store.count()

    def documents(self) -> list[DocumentInfo]:
        """All documents, in the order of their ids."""
        return [
            DocumentInfo(
                id=entry.id,
                title=entry.title,
                kind=entry.kind,
                pages=entry.pages,
                chunks=entry.chunks,
                bytes=entry.bytes,
                source=entry.source,
                revision=entry.revision,
                indexed=datetime.fromisoformat(entry.indexed) if entry.indexed else None,
                status=entry.status,
                problem=entry.problem,
            )
            for entry in self._library.documents()
        ]

    def passage(self, passage: str) -> Passage | None:
        """A passage with its neighbours; None if it is not there or not current any more."""
        found = [entry.chunk for entry in self._index.store.get([passage])]
        if not found or self._library.active().get(found[0].document) != found[0].revision:
            return None
        chunk = found[0]
        return Passage(
            passage=chunk.id,
            document=chunk.document,
            title=chunk.title,
            section=chunk.section,
            page=chunk.page,
            kind=chunk.kind,
            text=chunk.text,
            before=self._neighbour(chunk, -1),
            after=self._neighbour(chunk, +1),
            metadata=dict(chunk.metadata),
        )

    def remove(self, document: str) -> bool:
        """Remove a document; return whether there was one."""
        try:
            self._library.remove(document, self._sink)
        except KeyError:
            return False
        return True

    def change(self, job: Job, file: Path | None) -> bool:
        """Do a job, noting its progress and problems in it; return whether it succeeded.

        Raises:
            Stopping: the service is shut down.
        """
        try:
            report = self._report(job, file)
        except (Failure, LibraryError, StoreError) as error:
            job.problem = str(error)
            if isinstance(error, Failure):
                self._metrics.ingestion.labels("failed").inc()
            return False
        self._note(job, report)
        return True

    def _report(self, job: Job, file: Path | None) -> Report:
        if job.action == "url":
            return self._library.put_url(job.subject, self._sink)
        if file is not None:
            return self._library.put(job.subject, file.read_bytes(), self._sink)

        def progress(now: Progress) -> None:
            job.done, job.total = now.done, now.total
            if self._stopping.is_set():
                raise Stopping

        report = self._library.sync(self._folder, self._sink, progress=progress, wait=BUSY_SECONDS)
        self._metrics.last_sync.set(time.time())
        return report

    def _note(self, job: Job, report: Report) -> None:
        for outcome, documents in (
            ("added", report.added),
            ("changed", report.changed),
            ("removed", report.removed),
            ("skipped", report.unchanged),
            ("failed", report.skipped),
        ):
            self._metrics.ingestion.labels(outcome).inc(len(documents))
        job.done = job.total
        problems = [f"{skipped.document}: {skipped.problem}" for skipped in report.skipped[:NAMED]]
        if len(report.skipped) > NAMED:
            problems.append(f"and {len(report.skipped) - NAMED} more")
        job.problem = "; ".join(problems)

    def _neighbour(self, chunk: Chunk, step: int) -> str:
        beside = chunk_id(chunk.document, chunk.revision, chunk.index + step)
        found = self._index.store.get([beside])
        return found[0].chunk.text if found else ""
