"""Child processes that end with the demonstration, and the little HTTP it speaks to them."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
STOP_SECONDS = 10


class DemoError(Exception):
    """The demonstration cannot go on; the message says why."""


def free_port() -> int:
    """A TCP port of this machine that nothing listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for as long as the block lasts, its output going to the file ``log``.

    It gets a session of its own: Ctrl-C reaches the demonstration alone, which then stops it.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (the commands are this module's callers' own)
            command,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    except DemoError as error:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise DemoError(f"{error}\nlast lines of {name}:\n{tail}") from error
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Client:
    """A kept-alive connection to one local server."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=10)

    def get(self, path: str) -> str:
        """Return the body of a response.

        Raises:
            OSError: if the server cannot be reached or refuses.
        """
        return self._ask("GET", path, None)

    def get_json(self, path: str) -> Any:
        """Return the parsed body of a response."""
        return json.loads(self.get(path))

    def post_json(self, path: str, body: object) -> None:
        """Send a body and ignore the answer's."""
        self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> str:
        try:
            self._connection.request(method, path, body, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise ConnectionError(f"{method} {path}: {response.status} {text[:200]}")
        return text

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def connected(port: int) -> Iterator[Client]:
    """A client that is closed after the block."""
    client = Client(port)
    try:
        yield client
    finally:
        client.close()


def wait_until_ready(
    client: Client,
    path: str,
    process: subprocess.Popen[bytes],
    seconds: float,
) -> None:
    """Ask until the answer is not an error.

    Raises:
        DemoError: if that takes longer than ``seconds``, or the process ends.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.get(path)
        except OSError as error:
            if process.poll() is not None:
                raise DemoError(f"it ended with status {process.returncode}") from error
            if time.monotonic() > deadline:
                raise DemoError(f"not ready after {seconds:g} s: {error}") from error
            time.sleep(0.1)
        else:
            return
