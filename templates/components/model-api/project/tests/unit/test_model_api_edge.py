"""What only shows below HTTP: callers who leave, background tasks, plugins, other protocols."""

import asyncio
import logging
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from plugins.model_api import (
    ROW,
    MakeClient,
    edge,
    forget_settings,
    metric,
    with_predict,
)

from my_project.api import app, plugins
from my_project.api.app import create_app
from my_project.api.schemas import encode
from my_project.api.settings import Settings

BODY = encode({"features": ROW})


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
        "path": "/v1/predict",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(application(usual | (scope or {}), receive, send))
    return sent


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_may_come_in_parts(make_client: MakeClient) -> None:
    service = edge(make_client())
    pieces = [part(BODY[:9], more=True), part(b"", more=True), part(BODY[9:], more=False)]
    assert call(service, pieces)[0]["status"] == 200


@pytest.mark.parametrize("received", [[], [part(BODY[:9], more=True)]], ids=["at once", "midway"])
def test_callers_who_leave_are_not_answered(
    make_client: MakeClient, received: list[dict[str, Any]]
) -> None:
    client = make_client()
    assert call(edge(client), received) == []
    route = {"route": "/v1/predict", "method": "POST"}
    assert metric(client, "http_requests_total", **route, status="499") == 1


def test_callers_who_leave_while_they_wait_are_not_answered(make_client: MakeClient) -> None:
    client = make_client(inline_budget_ms=0)
    service = edge(client).service
    assert service.lineup is not None
    released = threading.Event()
    stuck = with_predict(service.lineup.champion, lambda _: released.wait(10))
    service.lineup = service.lineup._replace(champion=stuck)
    # The loop ends with the call, and waits for its scoring thread neither way.
    assert call(edge(client), [part(BODY, more=False)]) == []
    released.set()
    assert service.in_flight == 0


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
    application = create_app(Settings(models_dir=tmp_path))
    monkeypatch.delitem(sys.modules, f"{plugins.__name__}.example_plugin")
    sent = call(application, [], {"method": "GET", "path": "/v1/example/a"})
    assert (sent[0]["status"], sent[1]["body"]) == (200, b'"a"')
    value = application.service.registry.get_sample_value(
        "http_requests_total",
        {"route": "/v1/example/{name}", "method": "GET", "status": "200"},
    )
    assert value == 1
