"""Answers by a chat model (a loopback server that speaks OpenAI's protocol) through the service."""

from __future__ import annotations

import http.client
import json
import re
import threading
from pathlib import Path

import pytest
from plugins.http_api import MakeClient, StartService, metric
from plugins.rag import PATIENCE, ChatServer, Reply
from plugins.rag_api import QUESTION, events, until
from starlette.testclient import TestClient

ANSWER = ["A late return costs ", "ten cents per day ", "and item [1]."]


def with_model(server: ChatServer) -> dict[str, str]:
    """Settings for the model behind `server`."""
    return {"chat_model": "openai:small", "chat_url": f"{server.url}/v1"}


@pytest.fixture(autouse=True)
def provider_key(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client wants one, whatever the server does with it."""
    del chat_server  # it takes the keys of whoever runs the tests away first
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-tests")


@pytest.fixture
def strict(tmp_path: Path) -> str:
    """A configuration in which a failing model is a failure: no retries, nothing in its place."""
    path = tmp_path / "answers.toml"
    path.write_text('degrade = false\nrewrite = "off"\n[retries]\nattempts = 1\n')
    return str(path)


def ask(client: TestClient, *, stream: bool = True) -> tuple[int, str]:
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": stream})
    return response.status_code, response.text


def test_the_words_of_the_model_are_streamed_and_counted(
    make_client: MakeClient, chat_server: ChatServer
) -> None:
    chat_server.reply(Reply(ANSWER, usage=(120, 30)))
    client = make_client(**with_model(chat_server))
    status, text = ask(client)
    assert status == 200
    found = events(text)
    meta, done = found[0][1], found[-1][1]
    assert (meta["mode"], meta["model"]) == ("model", "openai:small")
    assert len([name for name, _ in found if name == "token"]) >= 2
    assert done["answer"] == "".join(ANSWER)
    assert done["citations"] == [1]
    assert done["usage"]["output_tokens"] == 30
    assert metric(client, "rag_tokens_total", model="openai:small", kind="input") == 120
    assert metric(client, "rag_model_calls_total", model="openai:small", outcome="ok") == 1
    assert metric(client, "rag_questions_total", mode="model", outcome="answered") == 1
    assert client.get("/v1").json()["mode"] == "model"


def test_a_failing_model_is_a_problem_in_either_form(
    make_client: MakeClient, chat_server: ChatServer, strict: str
) -> None:
    chat_server.reply(Reply(status=500))
    client = make_client(answers_config=strict, **with_model(chat_server))
    status, text = ask(client)
    assert status == 200
    name, problem = events(text)[-1]
    assert name == "problem"
    assert problem["type"] == "urn:problem-type:model-unavailable"
    status, text = ask(client, stream=False)
    assert status == 503
    assert json.loads(text)["type"] == "urn:problem-type:model-unavailable"
    assert "told to fail" not in text
    assert metric(client, "rag_questions_total", mode="model", outcome="failed") == 2
    assert metric(client, "rag_model_calls_total", model="openai:small", outcome="error") == 2


def test_the_third_question_finds_no_place(
    make_client: MakeClient, chat_server: ChatServer
) -> None:
    chat_server.reply(Reply(ANSWER, hold=0))
    client = make_client(ask_concurrency=2, **with_model(chat_server))
    waiting = [threading.Thread(target=ask, args=(client,)) for _ in range(2)]
    for thread in waiting:
        thread.start()
    until(lambda: len(chat_server.requests) == 2)
    refused = client.post("/v1/ask", json={"question": QUESTION})
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:problem-type:overloaded"
    assert refused.headers["retry-after"] == "1"
    chat_server.go.set()
    for thread in waiting:
        thread.join()
    assert ask(client)[0] == 200
    assert metric(client, "http_requests_rejected_total", reason="overloaded") == 1


def test_the_model_stops_when_the_caller_goes(
    start_service: StartService, chat_server: ChatServer
) -> None:
    chat_server.reply(Reply(["word "] * 5000, between=0.02))
    chosen = {f"APP_{name.upper()}": value for name, value in with_model(chat_server).items()}
    service = start_service(**chosen)
    for stream in (True, False):
        asked = len(chat_server.requests)
        chat_server.gone.clear()
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
        body = json.dumps({"question": QUESTION, "stream": stream})
        connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
        if stream:
            assert connection.getresponse().read(20)
        until(lambda before=asked: len(chat_server.requests) > before)  # type: ignore[misc]
        assert not chat_server.gone.is_set()
        connection.close()
        assert chat_server.gone.wait(PATIENCE)
    cancelled = 'rag_questions_total{mode="model",outcome="cancelled"} 2.0'
    until(lambda: cancelled in metrics(service.port))


def test_silence_of_the_model_is_covered(make_client: MakeClient, chat_server: ChatServer) -> None:
    chat_server.reply(Reply(ANSWER, before=1.0))
    client = make_client(keep_alive_seconds=0.1, **with_model(chat_server))
    status, text = ask(client)
    assert status == 200
    assert re.search(r"^: ping$", text, re.MULTILINE)
    assert events(text)[-1][0] == "done"


def metrics(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()
