"""Decides where and with whom a request is scored.

A small ONNX tree ensemble scores a row in microseconds, less than it takes to hand the row to a
thread. A model that takes milliseconds would block every other request if it ran on the event
loop. So the place is chosen per call, by the timings that `models.load` measured.

On the event loop, requests are scored together only if they are there together: if others have
been read already, a request gives way once, and all of them are scored by one call. That costs
nobody a wait for callers who may not come. Under load it saves a third of the cost of a request,
since the trees are fetched into the processor's cache once for all.
"""

import asyncio
from collections.abc import Awaitable, Callable

from fraud_scoring.api.problems import Problem

from .batching import Queue
from .jobs import (
    Batch,
    Floats,
    Job,
    Scores,
    by_model,
    distribute,
    run,
    together,
)
from .models import Model, Role


class Scorer:
    """Scores rows with whatever model it is given.

    Args:
        scored: called on the event loop after every call of a model.
        crowded: whether other requests are there that have not been answered.
        queue: where calls go that are too long for the event loop.
        inline_seconds: longest expected duration of a call that is not.
    """

    def __init__(
        self,
        scored: Callable[[Batch], None],
        crowded: Callable[[], bool],
        queue: Queue,
        *,
        inline_seconds: float,
    ) -> None:
        self._scored = scored
        self._crowded = crowded
        self._queue = queue
        self._inline_seconds = inline_seconds
        self._gathered: list[Job] = []

    async def score(
        self,
        model: Model,
        role: Role,
        features: Floats,
        gone: Callable[[], Awaitable[object]],
    ) -> Scores:
        """Score encoded rows [N, F].

        Args:
            model: what to score with.
            role: passed on to `scored`.
            features: the rows.
            gone: returns when the caller has closed the connection.

        Raises:
            Problem: the model failed, or the queue refused or gave up the request.
            ClientGoneError: the caller gave up.
        """
        inline = model.seconds(len(features)) <= self._inline_seconds
        if inline and not self._crowded():
            batch = run(model, role, features)
            self._scored(batch)
            return batch.scores()
        loop = asyncio.get_running_loop()
        job = Job(model, role, features, loop.create_future())
        if not inline:
            return await self._queue.score(job, gone)
        if not self._gathered:
            loop.call_soon(self._score_gathered)
        self._gathered.append(job)
        return await job.result

    def _score_gathered(self) -> None:
        """Score what came in one turn of the event loop."""
        jobs, self._gathered = self._gathered, []
        for group in by_model(jobs):
            try:
                batch = together(group)
            except Problem as problem:
                for job in group:
                    job.fail(problem)
            else:
                self._scored(batch)
                distribute(group, batch)
