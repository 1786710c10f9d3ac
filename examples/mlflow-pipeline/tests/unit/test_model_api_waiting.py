"""Callers who leave while their rows wait to be scored; settings that contradict each other."""

import asyncio
import threading
from typing import Any

import pytest
from plugins.http_api import MakeClient, edge, metric
from plugins.model_api import ROW, replace_champion, with_predict
from pydantic import ValidationError

from payments_loop.prediction.schemas import encode
from payments_loop.prediction.settings import PredictionSettings


def test_callers_who_leave_while_they_wait_are_not_answered(serve_models: MakeClient) -> None:
    client = serve_models(inline_budget_ms=0)
    released = threading.Event()
    replace_champion(client, lambda model: with_predict(model, lambda _: released.wait(60)))
    messages = [{"type": "http.request", "body": encode({"features": ROW}), "more_body": False}]
    sent: list[object] = []

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/predict",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    # The loop ends with the call, and waits for its scoring thread neither way.
    asyncio.run(edge(client)(scope, receive, send))
    released.set()
    assert sent == []
    assert edge(client).service.in_flight == 0
    route = {"route": "/v1/predict", "method": "POST"}
    assert metric(client, "http_requests_total", **route, status="499") == 1


def test_a_batch_must_fit_the_queue() -> None:
    with pytest.raises(ValidationError, match="must not exceed"):
        PredictionSettings(max_instances=11, queue_rows=10)
