"""Start a service as a child process, wait until it answers, stop it with all its workers."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from text2json.load import usage
from text2json.load.target import Target

STOP_SECONDS = 15.0
POLL_SECONDS = 0.1
UNREACHABLE = 1_000_000_000


class StartError(RuntimeError):
    """The service ended, or did not answer in time; the message ends with what it printed last."""


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        url: Address, without a path where the traffic decides on it.
        pid: Local process whose tree is measured, if it is known.
        headers: What a request needs to be let in.
    """

    url: str
    pid: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def target(self, path: str, method: str = "POST", *, allow_remote: bool = False) -> Target:
        """Return the address of the route `path`; raises what `Target.parse` does."""
        return Target.parse(
            self.url,
            path=path,
            headers=self.headers,
            method=method,
            allow_remote=allow_remote,
        )

    def cpu_seconds(self) -> float:
        """Return processor seconds used so far; 0 if the process is not known."""
        return usage.cpu_seconds(self.pid) if self.pid else 0.0


def free_port() -> int:
    """Return a loopback TCP port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def this_project(environment: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Serve this project on a free port, as in production: with a key, which `headers` carries.

    The rate limit is checked for every request as usual, but set too high to be met.

    Raises:
        StartError: It did not start.
    """
    port, key = free_port(), secrets.token_urlsafe(24)
    settings = {
        "APP_ENVIRONMENT": "production",
        "APP_API_KEYS": key,
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(port),
        "APP_RATE_LIMIT": str(UNREACHABLE),
        "APP_RATE_BURST": str(UNREACHABLE),
        "APP_DRAIN_SECONDS": "0",
        **(environment or {}),
    }
    command = [sys.executable, "-m", "text2json", "serve"]
    headers = {"X-API-Key": key}
    with running(command, port, "/readyz", environment=settings, headers=headers) as service:
        yield service


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    ready_path: str,
    *,
    environment: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    patience: float = 90.0,
) -> Iterator[Service]:
    """Run `command` until the block ends; enter it once `ready_path` on `port` answers 200.

    Raises:
        StartError: The process ended, or was not ready within `patience` seconds.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - the command comes from this project
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # so that workers are stopped with their parent
        )
        try:
            _wait_until_ready(process, port, ready_path, patience, log)
            yield Service(f"http://127.0.0.1:{port}", process.pid, dict(headers or {}))
        finally:
            _stop(process)


def _wait_until_ready(
    process: subprocess.Popen[bytes], port: int, path: str, patience: float, log: IO[bytes]
) -> None:
    give_up = time.monotonic() + patience
    while not _answers(port, path):
        if process.poll() is not None:
            raise StartError(f"the service ended with exit code {process.returncode}{_tail(log)}")
        if time.monotonic() > give_up:
            raise StartError(f"no 200 from {path} within {patience:g} s{_tail(log)}")
        time.sleep(POLL_SECONDS)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tail(log: IO[bytes], characters: int = 2000) -> str:
    log.seek(0)
    text = log.read().decode(errors="replace").strip()
    return f"; it printed:\n{text[-characters:]}" if text else ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process group to end; kill what is left of it after `STOP_SECONDS`."""
    for request in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):  # the whole group is gone already
            os.killpg(process.pid, request)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
