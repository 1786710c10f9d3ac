"""Changes of the documents, one after the other, beside the requests that asked for them.

There is one worker because the index has one writer. Uploads wait in files, not in memory: they
survive a restart, and a full queue costs disk space only.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from docs_qa.api.problems import Kind, Problem

logger = logging.getLogger(__name__)

Action = Literal["put", "url", "sync"]
State = Literal["queued", "running", "done", "failed"]

QUEUE_FULL = Kind("queue-full", 503, "Too many changes are waiting", rejects="overloaded")
RETRY_SECONDS = 10.0
REMEMBERED = 1000
ABANDONED_SECONDS = 3600.0


@dataclass(slots=True)
class Job:
    """One change of the documents.

    Attributes:
        subject: name of the document, its URL, or nothing for the whole folder.
        done: documents that are dealt with.
        total: documents there are, as far as is known.
        problem: why it failed, or which documents could not be read.
    """

    job: str
    action: Action
    subject: str = ""
    state: State = "queued"
    done: int = 0
    total: int = 1
    problem: str = ""


class Stopping(Exception):  # noqa: N818 (nothing is wrong)
    """The service is shut down, and a change of the documents breaks off; the next one goes on."""


class Jobs:
    """The queue and its worker.

    Args:
        inbox: folder for uploads that wait.
        most: jobs that may wait.
        work: does a job, notes its progress and problems in it, and returns whether it succeeded.
            It gets the file of an upload, and None for the others; it may raise `Stopping`.
    """

    def __init__(self, inbox: Path, most: int, work: Callable[[Job, Path | None], bool]) -> None:
        self._inbox = inbox
        self._most = most
        self._work = work
        self._known: dict[str, Job] = {}
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._worker: threading.Thread | None = None

    def find(self, job: str) -> Job | None:
        """The job with this id; finished ones are forgotten after a thousand others."""
        return self._known.get(job)

    async def put(self, name: str, content: bytes) -> Job:
        """Queue a document that was uploaded.

        Raises:
            Problem: too many jobs wait.
        """
        self._admit()
        job = Job(str(uuid.uuid4()), "put", name)
        await asyncio.to_thread(self._spool, job, content)
        return self._add(job)

    def url(self, url: str) -> Job:
        """Queue a document that is to be fetched; raises what `put` does."""
        self._admit()
        return self._add(Job(str(uuid.uuid4()), "url", url))

    def sync(self) -> Job:
        """Queue a full look at the folder; one that waits already is enough.

        Raises:
            Problem: too many jobs wait.
        """
        for job in self._known.values():
            if job.action == "sync" and job.state == "queued":
                return job
        self._admit()
        return self._add(Job(str(uuid.uuid4()), "sync", total=0))

    def start(self) -> None:
        """Begin to work, first on uploads that a process before this one left undone."""
        self._recover()
        self._worker = threading.Thread(target=self._run, name="documents", daemon=True)
        self._worker.start()

    def stop(self) -> None:
        """End after the present job, and wait for that; what waits is left for the next process."""
        if self._worker is not None:
            while not self._waiting.empty():
                self._waiting.get()
            self._waiting.put(None)
            self._worker.join()
            self._waiting = SimpleQueue()

    def _recover(self) -> None:
        ages = {folder: folder.stat().st_mtime for folder in self._inbox.glob("*")}
        for folder, written in sorted(ages.items(), key=lambda found: found[1]):
            if folder.name.startswith("."):
                if written < time.time() - ABANDONED_SECONDS:  # its request was never answered
                    shutil.rmtree(folder)
            elif folder.name not in self._known:
                for file in folder.iterdir():
                    self._add(Job(folder.name, "put", file.name))

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None:
            job.state = "running"
            file = self._file(job) if job.action == "put" else None
            try:
                succeeded = self._work(job, file)
            except Stopping:
                return
            except Exception:  # a broken document must not end the worker
                succeeded, job.problem = False, "The failure was logged"
                logger.exception("change failed", extra=_fields(job))
            if file is not None:
                shutil.rmtree(file.parent, ignore_errors=True)
            job.state = "done" if succeeded else "failed"
            logger.info("change ended", extra=_fields(job) | {"state": job.state})

    def _admit(self) -> None:
        if self._waiting.qsize() >= self._most:
            raise Problem(QUEUE_FULL, "Ask again later", retry_after=RETRY_SECONDS)

    def _add(self, job: Job) -> Job:
        self._known[job.job] = job
        self._waiting.put(job)
        for old in list(self._known)[:-REMEMBERED]:
            if self._known[old].state in {"done", "failed"}:
                del self._known[old]
        return job

    def _file(self, job: Job) -> Path:
        return self._inbox / job.job / job.subject

    def _spool(self, job: Job, content: bytes) -> None:
        """Write the file under another name first: half of an upload must not be recovered."""
        file = self._file(job)
        partial = self._inbox / f".{job.job}"
        partial.mkdir(parents=True)
        (partial / job.subject).write_bytes(content)
        partial.rename(file.parent)


def _fields(job: Job) -> dict[str, object]:
    return {"job": job.job, "action": job.action, "documents": job.done}
