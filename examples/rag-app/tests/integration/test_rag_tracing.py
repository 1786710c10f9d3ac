"""Traces: of every step, to OpenTelemetry and MLflow, without content unless it is asked for."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from plugins.rag import ChatServer, Reply
from plugins.rag_parts import WordSearch

from docs_qa.rag import (
    AnswersConfig,
    Assistant,
    ChatSettings,
    Silent,
)
from docs_qa.rag.exporters import OpenTelemetry, configure
from docs_qa.rag.generative import GenerativeAnswerer
from docs_qa.rag.opening import open_caller
from docs_qa.rag.tracing import Tracing

LOANS = "Books are lent for three weeks."
SECRETS = ("three weeks", "How long")


def traced(server: ChatServer, tracing: Tracing) -> Assistant:
    values = {"evidence": {"model": 0.1}, "retries": {"attempts": 2, "base": 0.001}}
    config = AnswersConfig.model_validate(values)
    chat = ChatSettings(chat_model="openai:served", chat_url=f"{server.url}/v1")
    answerer = GenerativeAnswerer(open_caller(chat, config, Silent(), tracing), config)
    return Assistant(WordSearch(LOANS), answerer, config, tracing=tracing)


def spans_of(server: ChatServer, *, content: bool = False) -> dict[str, list[ReadableSpan]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing([OpenTelemetry(provider.get_tracer("test"))], content=content)
    asyncio.run(traced(server, tracing).answer("How long are books lent?", request_id="r1"))
    found: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


def test_each_step_is_a_span_of_one_trace(chat_server: ChatServer) -> None:
    chat_server.reply(
        Reply(status=500), Reply(["Books are lent for three weeks [1]."], usage=(9, 4))
    )
    found = spans_of(chat_server)
    assert {name: len(spans) for name, spans in found.items()} == {
        "invoke_workflow ask": 1,
        "retrieval passages": 1,
        "chat openai:served": 2,
    }
    (root,) = found["invoke_workflow ask"]
    for spans in found.values():
        for span in spans:
            assert span.context.trace_id == root.context.trace_id
            assert span is root or (span.parent and span.parent.span_id == root.context.span_id)
    failed, worked = found["chat openai:served"]
    assert failed.status.status_code is StatusCode.ERROR
    assert worked.attributes is not None
    assert worked.attributes["gen_ai.operation.name"] == "chat"
    assert worked.attributes["gen_ai.provider.name"] == "openai"
    assert worked.attributes["gen_ai.request.model"] == "served"
    assert worked.attributes["gen_ai.response.model"] == "served-model"
    assert worked.attributes["gen_ai.usage.input_tokens"] == 9
    assert worked.attributes["gen_ai.usage.output_tokens"] == 4
    assert worked.attributes["gen_ai.response.finish_reasons"] == ("stop",)


@pytest.mark.parametrize("content", [False, True])
def test_content_is_recorded_only_if_asked_for(chat_server: ChatServer, content: bool) -> None:
    chat_server.reply(Reply(["Books are lent for three weeks [1]."]))
    found = spans_of(chat_server, content=content)
    recorded = json.dumps([dict(s.attributes or {}) for spans in found.values() for s in spans])
    assert [secret in recorded for secret in SECRETS] == [content, content]


def test_by_default_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OTEL_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    with configure().span("chat", "nothing") as span:
        assert span.recordings == []


class Collector:
    """Takes what exporters send, and answers as their server would."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.received.append((self.path, body))
                self._answer()

            def do_GET(self) -> None:
                outer.received.append((self.path, b""))
                self._answer()

            def _answer(self) -> None:
                body = b"3.17.2" if self.path == "/version" else b"{}"
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


# Exporters are global to a process, so each has one of its own.
PROGRAM = """
import asyncio
from docs_qa.rag import conventions
from docs_qa.rag.exporters import configure
tracing = configure()
with tracing.span(conventions.INVOKE_WORKFLOW, "ask") as root:
    attributes = {conventions.INPUT_TOKENS: 7, conventions.OUTPUT_TOKENS: 3}
    with tracing.span(conventions.CHAT, "openai:served", root, attributes):
        pass
assert len(root.recordings) == 1
tracing.flush()
"""


def run(**environment: str) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "MLFLOW_"))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_opentelemetry_exports_where_its_variables_say(collector: Collector) -> None:
    run(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    ((path, body),) = collector.received
    assert path == "/v1/traces"
    assert b"invoke_workflow ask" in body
    assert b"chat openai:served" in body


def test_mlflow_gets_the_trace(collector: Collector) -> None:
    run(MLFLOW_TRACKING_URI=collector.url, MLFLOW_EXPERIMENT_ID="1")
    spans = b"".join(body for path, body in collector.received if path == "/v1/traces")
    assert b"invoke_workflow ask" in spans
    assert b"chat openai:served" in spans
    assert any(path == "/api/3.0/mlflow/traces" for path, _ in collector.received)


def test_without_its_server_mlflow_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OTEL_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with configure().span("chat", "nothing") as span:
        assert span.recordings == []
