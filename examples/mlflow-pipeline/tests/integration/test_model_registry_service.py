"""The service follows the aliases, and goes on without them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.model_bundle import MakeBundle
from prometheus_client import CollectorRegistry, generate_latest

from payments_loop.api.events import EventLog
from payments_loop.api.metrics import Metrics
from payments_loop.api.plugins import registry as plugin
from payments_loop.api.service import Service
from payments_loop.api.settings import Settings
from payments_loop.bundle import Registry

Step = Callable[[], None]


class FakeServer(BaseHTTPRequestHandler):
    """The four routes of MLflow that a service reads, on bundles in a folder."""

    folder: ClassVar[Path]
    aliases: ClassVar[dict[str, str]] = {}
    broken: ClassVar[bool] = False
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.seen.append(self.headers.get("Authorization", ""))
        if self.broken:
            self.send_error(503)
        elif parts.path == "/get-artifact":
            self._send((self.folder / query["run_uuid"] / Path(query["path"]).name).read_bytes())
        else:
            self._send(json.dumps(self._answer(parts.path.rsplit("/", 2)[-2], query)).encode())

    def _answer(self, kind: str, query: dict[str, str]) -> dict[str, Any]:
        if kind == "registered-models":
            aliases = [{"alias": a, "version": v[1:]} for a, v in self.aliases.items()]
            return {"registered_model": {"aliases": aliases}}
        version = f"v{query['version']}"
        tags = [{"key": "bundle", "value": version}]
        return {"model_version": {"tags": tags, "run_id": version}}

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(models_dir: Path, make_bundle: MakeBundle) -> Iterator[tuple[str, type[FakeServer]]]:
    """Its address, and the handler to change what it answers."""
    for version in ("v1", "v2"):
        make_bundle(version, rows=50)

    class Handler(FakeServer):
        folder = models_dir
        aliases: ClassVar[dict[str, str]] = {"champion": "v1"}
        seen: ClassVar[list[str]] = []

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", Handler
    running.shutdown()
    thread.join()
    running.server_close()


def follow_for(service: Service, done: Callable[[], bool]) -> None:
    """Run the plugin's task until `done`."""

    async def run() -> None:
        async with service.lifespans[0]():
            task = asyncio.ensure_future(service.tasks[0]())
            async with asyncio.timeout(60):
                while not done():  # noqa: ASYNC110 (it happens in a thread)
                    await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def make_service(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Service:
    """A service with this plugin only."""
    for name, value in settings.items():
        monkeypatch.setenv(f"APP_{name.upper()}", value)
    registry = CollectorRegistry()
    service = Service(Settings(), EventLog(), registry, Metrics(registry))
    plugin.install(service)
    return service


def metric(service: Service, name: str) -> float:
    text = generate_latest(service.registry).decode()
    (line,) = (line for line in text.splitlines() if line.startswith(name + " "))
    return float(line.rsplit(" ", 1)[1])


def test_service_follows_and_outlives_the_registry(
    server: tuple[str, type[FakeServer]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, handler = server
    here = Registry(tmp_path / "here")
    service = make_service(
        monkeypatch,
        registry_uri=url,
        registry_token="a-token",
        registry_seconds="0.02",
        models_dir=str(here.models_dir),
    )
    follow_for(service, lambda: here.aliases() == {"champion": "v1"})
    handler.broken = True
    failed = 'registry_polls_total{outcome="failed"}'
    assert metric(service, "registry_last_success_timestamp_seconds") > 0
    cut_off = make_service(monkeypatch)
    follow_for(cut_off, lambda: metric(cut_off, failed) > 0)
    assert metric(cut_off, "registry_last_success_timestamp_seconds") == 0
    assert here.aliases() == {"champion": "v1"}
    handler.broken = False
    handler.aliases = {"champion": "v2", "previous": "v1", "challenger": "v2"}
    back = make_service(monkeypatch)
    follow_for(back, lambda: here.aliases() == {"champion": "v2", "previous": "v1"})
    assert set(handler.seen) == {"Bearer a-token"}


def test_damaged_version_is_not_served(
    server: tuple[str, type[FakeServer]],
    models_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, _ = server
    (models_dir / "v1" / "model.onnx").write_bytes(b"damaged")
    service = make_service(monkeypatch, registry_uri=url, models_dir=str(tmp_path / "here"))
    follow_for(service, lambda: metric(service, 'registry_polls_total{outcome="failed"}') > 0)
    assert [path.name for path in (tmp_path / "here").iterdir()] == []


def test_fresh_container_begins_with_the_models_of_its_image(
    contest_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = Registry(tmp_path / "volume")
    settings = {"registry_seed": str(contest_dir), "models_dir": str(here.models_dir)}
    services = [make_service(monkeypatch, **settings) for _ in range(2)]
    assert here.aliases() == {"champion": "v1", "challenger": "v2"}
    assert here.versions() == ["v1", "v2"]
    assert [service.tasks for service in services] == [[], []]
