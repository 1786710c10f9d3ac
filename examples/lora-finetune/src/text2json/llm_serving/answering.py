"""One completion on its way from the engine's thread to the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from text2json.api.problems import (
    DRAINING,
    OVERLOADED,
    TIMEOUT,
    Problem,
    failure,
)

from .engine import Engine, QueueFullError, StoppingError
from .jobs import Event, Finished, Job
from .sampling import Sampling


class Answering:
    """Asks the engine, and hands its events on.

    Args:
        engine: does the work.
        model: version of the adapter; None for the base model.
        prompt: tokens.
        sampling: how to draw.
        patience: seconds that the request may wait in the queue.

    Raises:
        Problem: too many requests wait, or the engine is being stopped.
    """

    def __init__(
        self,
        engine: Engine,
        model: str | None,
        prompt: Sequence[int],
        sampling: Sampling,
        *,
        patience: float,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._patience = patience
        self._peeked: Event | None = None

        def emit(event: Event) -> None:
            loop.call_soon_threadsafe(self._events.put_nowait, event)

        deadline = time.monotonic() + patience
        self.job = Job(model, prompt, sampling, emit, deadline)
        try:
            engine.submit(self.job)
        except QueueFullError as error:
            raise Problem(OVERLOADED, "Too many requests wait already", retry_after=1) from error
        except StoppingError as error:
            raise _draining() from error

    async def begun(self) -> None:
        """Wait for the first event; failures before it have a status of their own.

        Raises:
            Problem: there will be no completion.
        """
        self._peeked = await self.next()

    async def next(self, patience: float | None = None) -> Event:
        """The next event; the last one is `Finished`, with the reason `stop` or `length`.

        Raises:
            Problem: the completion broke off.
            TimeoutError: there is none yet after `patience` seconds; ask again.
        """
        event, self._peeked = self._peeked, None
        if event is None:
            async with asyncio.timeout(patience):
                event = await self._events.get()
        if isinstance(event, Finished):
            self._check(event)
        return event

    def close(self) -> None:
        """Nobody wants it any more: the engine stops with the token that it computes now."""
        self.job.cancelled = True

    def _check(self, event: Finished) -> None:
        if event.reason == "expired":
            waited = f"The request waited {self._patience:g} s without its turn coming"
            raise Problem(TIMEOUT, waited, retry_after=1)
        if event.reason == "draining":
            raise _draining()
        if event.reason not in {"stop", "length"}:
            raise failure()


def _draining() -> Problem:
    return Problem(DRAINING, "Send the request to another replica", retry_after=1)
