"""A tracking store per test, and a real server for a session."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from text2json.tracking import Tracking, connect

STARTS_WITHIN = 400.0
STOPS_WITHIN = 60.0

# No test may write where the developer's own runs are.
os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and nothing in them; making one takes seconds."""
    root = tmp_path_factory.mktemp("store")
    connect(root)
    return root / "mlflow.db"


@pytest.fixture
def tracking(empty_store: Path, tmp_path: Path) -> Tracking:
    """An empty SQLite store in `tmp_path`."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return connect(tmp_path)


@pytest.fixture(scope="session")
def tracking_server(
    empty_store: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Address of a running `mlflow server` that keeps the artifacts, too."""
    root = tmp_path_factory.mktemp("server")
    shutil.copy(empty_store, root / "mlflow.db")
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{root / 'mlflow.db'}"),
        *("--artifacts-destination", str(root / "artifacts")),
    ]
    environment = os.environ | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with (root / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait(f"http://127.0.0.1:{port}", process, root / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        # It has workers of its own, and nothing to lose.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOPS_WITHIN)


def free_port() -> int:
    """A TCP port that nothing listened on a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"mlflow server ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310 (loopback)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"mlflow server did not start: {log.read_text()[-2000:]}")
