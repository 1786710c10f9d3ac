"""One answer while it is made: in a task of its own, read at the pace of whoever asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

from docs_qa.rag.events import Event, Meta


class Answering:
    """An answer that is being made.

    The task is what makes it safe: reading can time out (for keep-alives) without breaking into the
    assistant, and whatever happens to the reader, the task ends and `ended` is called. The queue
    between them has no bound, because an answer has one; with a bound, a reader that never comes
    back would keep the task for ever.

    Args:
        events: what the assistant yields.
        ended: called once, when nothing of the work is left.
    """

    def __init__(self, events: AsyncGenerator[Event], ended: Callable[[], None]) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._peeked: list[Event] = []
        self._task = asyncio.create_task(self._make(events))
        self._task.add_done_callback(lambda _: ended())

    async def _make(self, events: AsyncGenerator[Event]) -> None:
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    self._queue.put_nowait(event)
        finally:
            self._queue.put_nowait(None)

    async def settle(self) -> Event | None:
        """Wait until it is clear whether there is an answer; return what made it clear.

        That is the second event: the first only repeats the question. Nothing is lost, `next`
        gives all events.
        """
        while not self._peeked or isinstance(self._peeked[-1], Meta):
            event = await self._read()
            if event is None:
                return None
            self._peeked.append(event)
        return self._peeked[-1]

    async def next(self, patience: float | None = None) -> Event | None:
        """The next event, None after the last one.

        Raises:
            TimeoutError: there is none yet after `patience` seconds; ask again.
            Exception: the assistant failed in a way that it did not foresee.
        """
        if self._peeked:
            return self._peeked.pop(0)
        async with asyncio.timeout(patience):
            return await self._read()

    async def _read(self) -> Event | None:
        event = await self._queue.get()
        if event is None:
            self._queue.put_nowait(None)  # the end stays the end
            await self._task
        return event

    async def close(self) -> None:
        """Stop making the answer, and wait until it has stopped."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task
