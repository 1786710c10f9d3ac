"""One virtual user: a keep-alive HTTP/1.1 connection with one request in flight at a time."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from http import HTTPStatus
from typing import cast

import httptools

from text2json.load.target import Target


class Failure(StrEnum):
    """Why a request got no usable response."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    PROTOCOL = "protocol"


Outcome = int | Failure
"""The status code of a response, or why there was none."""


class _Exchange(asyncio.Protocol):
    """One TCP connection. Bodies are parsed, because framing needs it, but not kept.

    A response that ends only with the connection (neither Content-Length nor chunks) counts as
    `Failure.CONNECTION`: it cannot be told from one that was cut short.
    """

    def __init__(self) -> None:
        self.finished = 0
        self.reusable = False
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport  # set before anything else can happen
        self._reply: asyncio.Future[Outcome] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.reusable = True

    async def send(self, request: bytes, patience: float) -> Outcome:
        """Write `request`; answer after its response, or after `patience` seconds at most."""
        if not self.reusable:  # lost between its opening and now
            return Failure.CONNECTION
        self._reply = self._loop.create_future()
        expiry = self._loop.call_later(patience, self._settle, Failure.TIMEOUT)
        self._transport.write(request)
        try:
            return await self._reply
        finally:
            expiry.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._settle(Failure.PROTOCOL)

    def on_message_complete(self) -> None:
        """Called by the parser, inside `feed_data`."""
        status = self._parser.get_status_code()
        if status >= HTTPStatus.OK:  # the 1xx ones announce the response, they are not it
            self._settle(status, keep=self._parser.should_keep_alive())

    def connection_lost(self, _error: Exception | None) -> None:
        self._settle(Failure.CONNECTION)

    def close(self) -> None:
        """Drop the connection at once."""
        self._settle(Failure.CONNECTION)

    def _settle(self, outcome: Outcome, *, keep: bool = False) -> None:
        # The clock is read here and not where the awaiting task resumes, which is later by the
        # time that the event loop spends on other connections.
        self.finished = time.perf_counter_ns()
        if not keep:
            self.reusable = False
            self._transport.abort()
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(outcome)


class Client:
    """Sends requests to a target one after another; reconnects after a lost connection."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._exchange: _Exchange | None = None
        self.finished = 0
        """When the last response was complete (`time.perf_counter_ns`)."""

    async def roundtrip(self, request: bytes, patience: float) -> Outcome:
        """Send `request` and wait `patience` seconds, opening a connection included."""
        started = time.perf_counter()
        if self._exchange is None or not self._exchange.reusable:
            try:
                async with asyncio.timeout(patience):
                    self._exchange = await self._connect()
            except OSError as error:  # TimeoutError is one
                self.finished = time.perf_counter_ns()
                timed_out = isinstance(error, TimeoutError)
                return Failure.TIMEOUT if timed_out else Failure.CONNECTION
        remaining = patience - (time.perf_counter() - started)
        outcome = await self._exchange.send(request, remaining)
        self.finished = self._exchange.finished
        return outcome

    async def _connect(self) -> _Exchange:
        loop = asyncio.get_running_loop()
        _, exchange = await loop.create_connection(
            _Exchange,
            self._target.host,
            self._target.port,
            ssl=True if self._target.tls else None,
        )
        return exchange

    def close(self) -> None:
        """Drop the connection, if there is one."""
        if self._exchange is not None:
            self._exchange.close()
