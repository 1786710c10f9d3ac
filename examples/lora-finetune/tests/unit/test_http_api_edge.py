"""What only shows below HTTP: callers who leave, background tasks, plugins, other protocols."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from plugins.http_api import MakeClient, edge, forget_settings, metric
from plugins.http_api_echo import Echo

from text2json.api import app, plugins
from text2json.api.app import create_app
from text2json.api.service import Service
from text2json.api.settings import Settings

BODY = b'{"text": "a"}'


def call(
    application: Any, received: Iterable[dict[str, Any]], scope: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Drive the application through ASGI and return what it sent."""
    messages = iter(received)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    usual = {
        "type": "http",
        "method": "POST",
        "path": "/v1/echo",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(application(usual | (scope or {}), receive, send))
    return sent


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_may_come_in_parts(make_client: MakeClient) -> None:
    service = edge(make_client(install=Echo().install))
    pieces = [part(BODY[:9], more=True), part(b"", more=True), part(BODY[9:], more=False)]
    assert call(service, pieces)[0]["status"] == 200


@pytest.mark.parametrize("received", [[], [part(BODY[:9], more=True)]], ids=["at once", "midway"])
def test_callers_who_leave_are_not_answered(
    make_client: MakeClient, received: list[dict[str, Any]]
) -> None:
    client = make_client(install=Echo().install)
    assert call(edge(client), received) == []
    route = {"route": "/v1/echo", "method": "POST"}
    assert metric(client, "http_requests_total", **route, status="499") == 1
    assert edge(client).service.in_flight == 0


def test_a_failed_background_task_is_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "RESTART_SECONDS", 0.0)
    runs = []

    async def job() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise RuntimeError("on purpose")

    asyncio.run(app._kept_running(job))
    assert len(runs) == 3
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.ERROR]


def test_what_plugins_need_is_started_and_stopped_in_order(make_client: MakeClient) -> None:
    happened: list[str] = []

    def lifespan(name: str) -> Any:
        @asynccontextmanager
        async def entered() -> AsyncIterator[None]:
            happened.append(f"{name} starts")
            yield
            happened.append(f"{name} stops")

        return entered

    async def task() -> None:
        happened.append("task starts")
        try:
            await asyncio.Event().wait()
        finally:
            happened.append("task stops")

    def install(service: Service) -> None:
        service.lifespans += [lifespan("one"), lifespan("two")]
        service.tasks.append(task)

    application = edge(make_client(install=install))

    async def live() -> None:
        async with app.running(application.service):
            await asyncio.sleep(0)

    happened.clear()
    asyncio.run(live())
    assert happened == [
        "one starts",
        "two starts",
        "task starts",
        "task stops",
        "two stops",
        "one stops",
    ]


def test_plugins_share_what_they_need(make_client: MakeClient) -> None:
    service = edge(make_client()).service
    service.shared(list).append(1)
    assert service.shared(list) == [1]
    assert service.shared(dict) == {}
    assert edge(make_client()).service.shared(list) == []


def test_plugins_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)
    (tmp_path / "example_plugin.py").write_text(
        "from fastapi import APIRouter\n"
        "router = APIRouter()\n"
        "@router.get('/v1/example/{name}')\n"
        "def example(name: str) -> str: return name\n"
        "def install(service): service.routers.append(router)\n"
    )
    monkeypatch.setattr(plugins, "__path__", [str(tmp_path)])
    application = create_app(Settings())
    monkeypatch.delitem(sys.modules, f"{plugins.__name__}.example_plugin")
    sent = call(application, [], {"method": "GET", "path": "/v1/example/a"})
    assert (sent[0]["status"], sent[1]["body"]) == (200, b'"a"')
    value = application.service.registry.get_sample_value(
        "http_requests_total",
        {"route": "/v1/example/{name}", "method": "GET", "status": "200"},
    )
    assert value == 1
