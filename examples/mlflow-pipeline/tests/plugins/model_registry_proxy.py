"""A proxy before a server, whose connections break when a test wants them to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

MakeProxy = Callable[[str], "Proxy"]


class Proxy:
    """Passes bytes on, until `requests_left` is used up.

    The request after that still reaches the server, which carries it out, but its answer is lost;
    later ones find the connection closed.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests_left: int | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept nothing more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            with suppress(OSError):
                if self._let_through(client, server, back):
                    back.join()

    def _let_through(
        self,
        client: socket.socket,
        server: socket.socket,
        back: threading.Thread,
    ) -> bool:
        while data := client.recv(65_536):
            if self.requests_left is not None:
                self.requests_left -= 1
                if self.requests_left < 0:
                    if self.requests_left == -1:
                        server.sendall(data)
                        server.settimeout(60)
                        server.recv(1)  # it is carried out
                    return False
            server.sendall(data)
            if not back.is_alive():
                back.start()
        return back.is_alive()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)


@contextmanager
def _running(made: list[Proxy]) -> Iterator[None]:
    try:
        yield
    finally:
        for proxy in made:
            proxy.close()


@pytest.fixture
def make_proxy() -> Iterator[MakeProxy]:
    """`make_proxy("http://127.0.0.1:5000")`."""
    made: list[Proxy] = []

    def make(target: str) -> Proxy:
        made.append(Proxy(target))
        return made[-1]

    with _running(made):
        yield make
