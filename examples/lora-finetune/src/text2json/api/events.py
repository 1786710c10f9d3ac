"""The log of what happens on every request: one JSON line per event, written in the background.

A `logging` call costs more than everything else that the service does about a request. So these
events are kept in memory, and many times a second encoded by msgspec and written to standard error,
with the field names of `text2json.logs`. When the reader of the log stalls, lines are dropped and
counted: a full pipe must not stop the service.
"""

import asyncio
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

logger = logging.getLogger(__name__)
_encode_lines = msgspec.json.Encoder().encode_lines


class Answered(msgspec.Struct, kw_only=True, gc=False, tag_field="event", tag="request"):
    """One response. `caller` is the start of the SHA-256 of the API key, never the key."""

    time: datetime
    level: str = "INFO"
    logger: str = "access"
    request_id: str
    method: str
    route: str
    status: int
    duration_ms: float
    caller: str


class EventLog:
    """Collects events and writes them every `interval` seconds; keeps at most `capacity`.

    The interval is short so that encoding, which holds up the event loop, comes in small portions.
    """

    def __init__(
        self,
        stream: BinaryIO | None = None,
        *,
        interval: float = 0.05,
        capacity: int = 100_000,
    ) -> None:
        self._stream = stream
        self._interval = interval
        self._capacity = capacity
        self._events: list[msgspec.Struct] = []
        self._dropped = 0
        self._enabled = logging.getLogger().isEnabledFor(logging.INFO)

    def add(self, event: msgspec.Struct) -> None:
        """Keep one event for the next write; it has the fields of `Answered` up to `request_id`."""
        if not self._enabled:
            return
        if len(self._events) >= self._capacity:
            self._dropped += 1
        else:
            self._events.append(event)

    async def run(self) -> None:
        """Write until cancelled; what is left then is for `flush`."""
        while True:
            await asyncio.sleep(self._interval)
            if self._events:
                await asyncio.to_thread(self._write, self._take())

    def flush(self) -> None:
        """Write what was collected, now."""
        self._write(self._take())

    def _take(self) -> bytes:
        events, self._events = self._events, []
        if self._dropped:
            logger.warning("event log is read too slowly", extra={"dropped": self._dropped})
            self._dropped = 0
        return _encode_lines(events)

    def _write(self, lines: bytes) -> None:
        stream = self._stream or sys.stderr.buffer
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.write(lines)
            stream.flush()


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)
