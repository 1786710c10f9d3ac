"""Streams through the real server: piece by piece, and ended when nobody listens any more."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from plugins.http_api import MakeClient, edge, metric, wait_until
from plugins.http_api_echo import Echo
from starlette.testclient import TestClient

from text2json.api.server import Server, configuration

SECONDS = 60


class Running:
    """A service with the routes of `Echo`, listening."""

    def __init__(self, client: TestClient, echo: Echo, port: int) -> None:
        self.client = client
        self.echo = echo
        self.port = port

    def ask(self, method: str) -> socket.socket:
        """A connection over which `/v1/stream` was asked for."""
        connection = socket.create_connection(("127.0.0.1", self.port), SECONDS)
        head = f"{method} /v1/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())
        return connection

    def finished(self, method: str) -> float:
        """How many streams have been accounted for."""
        route = {"route": "/v1/stream", "method": method}
        return metric(self.client, "http_request_duration_seconds_count", **route)


@pytest.fixture
def running(make_client: MakeClient) -> Iterator[Running]:
    """The server in a thread: a process could not tell what became of its streams."""
    echo = Echo()
    client = make_client(install=echo.install, port=0, shutdown_seconds=1, drain_seconds=0)
    config = configuration(edge(client))
    config.lifespan = "off"  # the client has started it
    server = Server(config, edge(client))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
                runner.run(server.serve([listening]))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Running(client, echo, port)
        finally:
            echo.go_on.set()
            server.should_exit = True
            thread.join(SECONDS)
    assert not thread.is_alive()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    found = b""
    while end not in found:
        piece = connection.recv(4096)
        assert piece, found
        found += piece
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pieces_arrive_as_they_are_made(running: Running, method: str) -> None:
    with closing(running.ask(method)) as connection:
        assert b"x-request-id" in read_until(connection, b"first")
        assert running.finished(method) == 0
        assert edge(running.client).service.in_flight == 1
        running.echo.go_on.set()
        assert b"second" in read_until(connection, b"0\r\n\r\n")
    wait_until(lambda: running.finished(method) == 1)
    assert not running.echo.left.is_set()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_caller_who_leaves_ends_the_stream(running: Running, method: str) -> None:
    with closing(running.ask(method)) as connection:
        read_until(connection, b"first")
        assert running.echo.streaming.wait(SECONDS)
    assert running.echo.left.wait(SECONDS)
    wait_until(lambda: running.finished(method) == 1)
    assert edge(running.client).service.in_flight == 0
