"""A tiny HTTP server whose latency is known, on a thread of its own."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import pytest

from text2json.load.faults import background
from text2json.load.target import Target

Respond = Callable[[int], tuple[float, bytes]]
"""From the number of a request to seconds until its response, and the response."""

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Serve = Callable[[Respond], AbstractContextManager[Target]]
Test = Callable[[Serve], None]


def undisturbed(test: Test) -> Test:
    """Repeat a test of times until it passes: a busy machine disturbs one run, hardly ten in a row."""

    @functools.wraps(test)
    def repeated(serve: Serve) -> None:
        for _ in range(9):
            with suppress(AssertionError):
                test(serve)
                return
        test(serve)

    return repeated


@contextmanager
def _serve(respond: Respond) -> Iterator[Target]:
    numbers = iter(range(1_000_000))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().splitlines()
                    if line.startswith(b"content-length")
                )
                await reader.readexactly(length)
                seconds, response = respond(next(numbers))
                await asyncio.sleep(seconds)
                writer.write(response)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    with background(handle) as port:
        yield Target("127.0.0.1", port, "/")


@pytest.fixture
def serve() -> Serve:
    """Start a server from a function that gives each response and its delay."""
    return _serve


def stalling() -> Respond:
    """Answer after one millisecond, except that everything waits from 0.4 s to 0.7 s."""
    begin: list[float] = []

    def respond(_: int) -> tuple[float, bytes]:
        now = time.perf_counter()
        if not begin:
            begin.append(now)
        since = now - begin[0]
        return (0.7 - since if 0.4 <= since < 0.7 else 0.001), OK

    return respond
