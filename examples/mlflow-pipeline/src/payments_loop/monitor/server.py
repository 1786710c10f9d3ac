"""`payments-loop monitor serve`: the exporter over HTTP."""

from __future__ import annotations

import signal
from threading import Event

from prometheus_client import CollectorRegistry, start_http_server


def serve(registry: CollectorRegistry, *, host: str, port: int, stop: Event | None = None) -> None:
    """Answer `GET /metrics` until the process is told to end (SIGTERM or SIGINT).

    Args:
        registry: what is exported.
        host: address to listen on.
        port: 0 for any free one.
        stop: set to end; by default, what the signals set.
    """
    if stop is None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    server, thread = start_http_server(port, addr=host, registry=registry)
    try:
        stop.wait()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
