"""Micro-batches on a thread, for calls that are too long for the event loop.

The queue never waits for a batch to fill. The thread takes whatever has come while it was busy
("natural batching"): a lone request is scored at once, and batches grow exactly as load does.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from payments_loop.api.asgi import ClientGoneError
from payments_loop.api.problems import (
    DRAINING,
    OVERLOADED,
    TIMEOUT,
    Problem,
)

from .jobs import Batch, Job, Scores, by_model, distribute, together


class Queue:
    """A bounded queue in front of one scoring thread.

    Args:
        scored: called on the event loop after every call of a model.
        capacity: rows that may wait; further ones are refused.
        batch_rows: rows scored by one call, if they came in several requests.
        timeout: seconds that a request may wait.
    """

    def __init__(
        self,
        scored: Callable[[Batch], None],
        *,
        capacity: int,
        batch_rows: int,
        timeout: float,
    ) -> None:
        self._scored = scored
        self._capacity = capacity
        self._batch_rows = batch_rows
        self._timeout = timeout
        self._jobs: deque[Job] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._closed = False
        self.depth = 0

    async def score(self, job: Job, gone: Callable[[], Awaitable[object]]) -> Scores:
        """The result of `job`.

        Raises:
            Problem: the queue is full, the wait was too long, the service is shutting down, or
                the model failed.
            ClientGoneError: `gone` returned; rows that still wait then are not scored.
        """
        if self._closed:
            raise _draining()
        if self.depth + len(job.features) > self._capacity:
            raise Problem(OVERLOADED, "Too many rows wait already", retry_after=1)
        self._jobs.append(job)
        self.depth += len(job.features)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        closing = asyncio.ensure_future(gone())
        both: set[asyncio.Future[Any]] = {job.result, closing}
        try:
            done, _ = await asyncio.wait(
                both,
                timeout=self._timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            closing.cancel()
            if not job.result.done():
                job.result.cancel()  # the worker passes it over
        if job.result in done:
            return job.result.result()
        if closing in done:
            raise ClientGoneError
        raise Problem(TIMEOUT, f"No score within {self._timeout:g} s", retry_after=1)

    async def close(self) -> None:
        """Refuse what waits, and wait for what is being scored."""
        self._closed = True
        for job in self._jobs:
            job.fail(_draining())
        if self._worker is not None:
            await self._worker
        self._thread.shutdown()

    async def _work(self) -> None:
        """Score what waits until nothing does."""
        loop = asyncio.get_running_loop()
        try:
            while jobs := self._take():
                for group in by_model(jobs):
                    try:
                        batch = await loop.run_in_executor(self._thread, together, group)
                    except Problem as problem:
                        for job in group:
                            job.fail(problem)
                    else:
                        self._scored(batch)
                        distribute(group, batch)
        finally:
            self._worker = None

    def _take(self) -> list[Job]:
        """The oldest jobs that fit into one batch, at least one; without those given up."""
        taken: list[Job] = []
        rows = 0
        while self._jobs:
            size = len(self._jobs[0].features)
            if taken and rows + size > self._batch_rows:
                break
            job = self._jobs.popleft()
            self.depth -= size
            if not job.result.done():
                taken.append(job)
                rows += size
        return taken


def _draining() -> Problem:
    return Problem(DRAINING, "Send the request to another replica", retry_after=1)
