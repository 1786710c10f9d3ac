"""The service, inside the test process and as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from my_project.api.app import create_app
from my_project.api.edge import Edge
from my_project.api.events import EventLog
from my_project.api.models import Model
from my_project.api.settings import Settings

KEY = "first-key-for-tests"  # pragma: allowlist secret
OTHER_KEY = "second-key-for-tests"  # pragma: allowlist secret
ROW = {"amount": 12.5, "age_days": None, "channel": "web"}

MakeClient = Callable[..., TestClient]
StartService = Callable[..., "ServiceProcess"]


def edge(client: TestClient) -> Edge:
    """The application behind `client`."""
    assert isinstance(client.app, Edge)
    return client.app


def metric(client: TestClient, name: str, **labels: str) -> float:
    """Value of a metric; 0 if there is no such series yet."""
    return edge(client).service.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def make_client(champion_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeClient]:
    """Start the service in this process: `make_client(events=, **settings)`."""
    forget_settings(monkeypatch)
    with ExitStack() as running:

        def make(*, events: EventLog | None = None, **settings: Any) -> TestClient:
            defaults = {"models_dir": champion_dir, "reload_seconds": 0.05}
            chosen = Settings.model_validate(defaults | settings)
            return running.enter_context(TestClient(create_app(chosen, events)))

        yield make


def with_predict(model: Model, predict: Callable[[object], object]) -> Model:
    """`model`, scoring with `predict` instead."""
    real = model.bundle
    bundle = SimpleNamespace(encode=real.encode, thresholds=real.thresholds, predict=predict)
    return model._replace(bundle=cast("Any", bundle))


def broken(model: Model) -> Model:
    """`model`, failing whenever it scores."""

    def predict(_: object) -> None:
        raise RuntimeError("broken on purpose")

    return with_predict(model, predict)


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("APP_")]:
        monkeypatch.delenv(name)


@dataclass
class ServiceProcess:
    """`my-project serve`, running."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> int:
        """Status of a GET; 0 if nothing answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)


@pytest.fixture
def start_service(champion_dir: Path, tmp_path: Path) -> Iterator[StartService]:
    """Start the service as a process: `start_service(APP_...="...")`."""
    started: list[ServiceProcess] = []

    def start(**environment: str) -> ServiceProcess:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("APP_")}
        chosen = {
            "APP_MODELS_DIR": str(champion_dir),
            "APP_PORT": str(port),
            "APP_RELOAD_SECONDS": "0.1",
            "APP_DRAIN_SECONDS": "0.5",
        }
        log = tmp_path / f"log-{port}"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "my_project", "serve"],
                env=inherited | chosen | environment,
                stderr=stream,
            )
        service = ServiceProcess(process, port, log)
        started.append(service)
        wait_until(lambda: service.get("/readyz") == 200 or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        return service

    yield start
    for service in started:
        service.process.kill()
        service.process.wait()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for `condition`.

    Raises:
        TimeoutError: it did not become true.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            if condition():
                return
        time.sleep(0.02)
    raise TimeoutError
