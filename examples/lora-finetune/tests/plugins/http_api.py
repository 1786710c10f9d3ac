"""The service, inside the test process and as a process of its own.

A test plugin of a component whose part of the service needs something to be ready (a model, an
index) defines `service_environment(folder) -> dict[str, str]`: it builds that in `folder` and
returns the `APP_*` variables that point to it. All tests of the service use all of them.
"""

import importlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from text2json.api import plugins
from text2json.api.app import create_app
from text2json.api.edge import Edge
from text2json.api.events import EventLog
from text2json.api.service import Service

KEY = "first-key-for-tests"  # pragma: allowlist secret
OTHER_KEY = "second-key-for-tests"  # pragma: allowlist secret

MakeClient = Callable[..., TestClient]
StartService = Callable[..., "ServiceProcess"]
Install = Callable[[Service], None]


def edge(client: TestClient) -> Edge:
    """The application behind `client`."""
    assert isinstance(client.app, Edge)
    return client.app


def metric(client: TestClient, name: str, **labels: str) -> float:
    """Value of a metric; 0 if there is no such series yet."""
    return edge(client).service.registry.get_sample_value(name, labels) or 0.0


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("APP_")]:
        monkeypatch.delenv(name)


def no_events() -> EventLog:
    """A log that nobody reads: it is written in the background, also when no output is captured."""
    return EventLog(io.BytesIO())


@pytest.fixture(scope="session")
def service_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """`APP_*` variables with which the whole service is ready; what they point to is shared."""
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        prepare = getattr(
            importlib.import_module(f"plugins.{path.stem}"), "service_environment", None
        )
        if prepare is not None:
            found |= prepare(tmp_path_factory.mktemp(path.stem))
    return found


@pytest.fixture
def make_client(
    service_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeClient]:
    """Start the service in this process: `make_client(events=, install=, **settings)`.

    `settings` are those of the service and its plugins, by lower-case name without `APP_`;
    `install` is one more plugin.
    """
    installed = plugins.install
    with ExitStack() as running:

        def make(
            *,
            events: EventLog | None = None,
            install: Install = lambda _: None,
            **settings: object,
        ) -> TestClient:
            forget_settings(monkeypatch)
            chosen = {f"APP_{name.upper()}": str(value) for name, value in settings.items()}
            for name, value in (service_settings | chosen).items():
                monkeypatch.setenv(name, value)

            def install_all(service: Service) -> None:
                installed(service)
                install(service)

            monkeypatch.setattr(plugins, "install", install_all)
            return running.enter_context(TestClient(create_app(events=events or no_events())))

        yield make


@dataclass
class ServiceProcess:
    """`text2json serve`, running."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> int:
        """Status of a GET; 0 if nothing answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
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
def start_service(service_settings: dict[str, str], tmp_path: Path) -> Iterator[StartService]:
    """Start the service as a process: `start_service(APP_...="...")`."""
    with ExitStack() as running:

        def start(**environment: str) -> ServiceProcess:
            return running.enter_context(launched(service_settings | environment, tmp_path))

        yield start


@contextmanager
def launched(environment: Mapping[str, str], folder: Path) -> Iterator[ServiceProcess]:
    """The service as a process with these settings, ready; it logs into `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("APP_")}
    chosen = {"APP_PORT": str(port), "APP_DRAIN_SECONDS": "0.5"}
    log = folder / f"log-{port}"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "text2json", "serve"],
            env=inherited | chosen | dict(environment),
            stderr=stream,
        )
    service = ServiceProcess(process, port, log)
    try:
        # Long, because some parts load models and libraries that take a busy machine a while
        wait_until(lambda: service.get("/readyz") == 200 or process.poll() is not None, 120)
        assert process.poll() is None, log.read_text()
        yield service
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
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
