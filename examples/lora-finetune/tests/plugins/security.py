"""The real server in production mode, and a client that sends it whatever it likes."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import pytest

KEY = "correct-horse-battery-staple"  # pragma: allowlist secret
MARKER = "jane.doe@example.org"
MAX_BODY = 65_536
BODY_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """A response as the client got it."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """The running service: its port, and the file that its log goes to."""

    port: int
    log: Path

    def raw(self, data: bytes, *, timeout: float = 60) -> Answer:
        """Send bytes as they are and read one response.

        Raises:
            http.client.HTTPException: what came back is not HTTP.
            TimeoutError: nothing came back.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(data)
            with closing(HTTPResponse(connection)) as response:
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, headers, response.read())

    def request(
        self,
        target: str = "/v1",
        body: bytes = b"",
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request with the right key; `headers` replace the usual ones."""
        fields = {
            "Host": "localhost",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-API-Key": KEY,
        } | (headers or {})
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        return self.raw("\r\n".join(lines).encode("latin-1") + body)

    def events(self, last_id: str) -> list[dict[str, object]]:
        """The log up to the line about the request `last_id`, which was sent before."""
        deadline = time.monotonic() + 60
        while last_id not in self.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture(scope="module")
def server(
    service_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The service, as in production, with tight limits."""
    folder = tmp_path_factory.mktemp("abuse")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    chosen = {
        "APP_ENVIRONMENT": "production",
        "APP_API_KEYS": KEY,
        "APP_PORT": str(port),
        "APP_MAX_BODY_BYTES": str(MAX_BODY),
        "APP_BODY_TIMEOUT": str(BODY_SECONDS),
        "APP_DRAIN_SECONDS": "0",
        "APP_LOG_FORMAT": "json",
    }
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "text2json", "serve"],
            cwd=folder,
            env=inherited | service_settings | chosen,
            stderr=stream,
        )
    started = Server(port, log)
    try:
        wait_until_ready(started, process)
        yield started
    finally:
        process.terminate()
        process.wait(60)


def wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, server.log.read_text()
        try:
            if server.request("/readyz").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(server.log.read_text())


def assert_refused(answer: Answer, *statuses: int) -> None:
    """The answer is a problem document with one of the statuses, and tells nothing it should not."""
    assert answer.status in statuses, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == answer.status
    for secret in (KEY, MARKER, "Traceback", "site-packages", ".py"):
        assert secret.encode() not in answer.body


def assert_not_http(server: Server, request: bytes) -> None:
    """The parser refuses it, or hangs up; it is never passed on."""
    try:
        answer = server.raw(request)
    except (ConnectionError, ValueError):
        return
    assert answer.status == 400
