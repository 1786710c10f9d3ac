"""A TCP proxy that makes the network between a client and the service bad on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any

from text2json.load.target import Target

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing sends RST instead of FIN."""

_TURNS = 10
"""Of the loop, which makes a transport, a protocol and a task for a connection: more than it takes."""


@contextlib.contextmanager
def proxied(
    target: Target, *, delay: float = 0.0, reset_share: float = 0.0, seed: int = 0
) -> Iterator[Target]:
    """Yield a target that leads to `target` through a proxy with faults.

    Args:
        target: Plain HTTP; encrypted connections pass too, but a record is not a request.
        delay: Seconds before a chunk of data, in practice one request, is passed on.
        reset_share: Probability that both connections are reset instead.
        seed: Of that choice.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible faults, not a secret

    async def upload(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await asyncio.sleep(delay)
            if chance.random() < reset_share:
                raise ConnectionResetError
            sink.write(data)
            await sink.drain()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream = await asyncio.open_connection(target.host, target.port)
        except OSError:  # what the client would meet without a proxy: no connection
            _reset(writer)
            await _close(writer)
            return
        ways = {
            asyncio.create_task(upload(reader, upstream)),
            asyncio.create_task(_download(upstream_reader, writer)),
        }
        try:
            # Whichever side ends first ends both, the way it ended: closed or reset.
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if any(way.exception() for way in done):
                _reset(writer)
                _reset(upstream)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await _close(writer, upstream)

    with background(relay) as port:
        yield dataclasses.replace(target, host="127.0.0.1", port=port)


async def _download(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()


async def _close(*writers: asyncio.StreamWriter) -> None:
    """Close connections and wait for it: a loop that ends earlier leaves their sockets open."""
    for writer in writers:
        writer.close()
    for writer in writers:
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), timeout=1)


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # the other side closed first
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


@contextlib.contextmanager
def background(handle: Handler) -> Iterator[int]:
    """Run a server on a thread of its own and yield its port; at the end no connection is left.

    Args:
        handle: Called for every connection, cancelled when the server stops.
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def main() -> None:
        writers: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            # Older versions of asyncio.streams log a handler that ends as cancelled.
            with contextlib.suppress(asyncio.CancelledError):
                await handle(reader, writer)

        try:
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
        except OSError as error:
            started.set_exception(error)
            return
        stop = asyncio.Event()
        port = server.sockets[0].getsockname()[1]
        started.set_result((asyncio.get_running_loop(), stop, port))
        await stop.wait()
        server.close()
        for _ in range(_TURNS):  # what was accepted just now reaches its handler
            await asyncio.sleep(0)
        handlers = asyncio.all_tasks() - {asyncio.current_task()}
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes the sockets in its next turn

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    loop, stop, port = started.result(timeout=10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
