"""What is special to this server: names, errors in two formats, limits, cancellation, metrics."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from plugins.http_api import KEY, MakeClient, edge, metric, wait_until
from plugins.llm_tiny import write_aliases

from text2json.llm_serving.engine import Engine, QueueFullError

URL = "/v1/chat/completions"


def body(**changes: object) -> dict[str, Any]:
    asked = {"model": "base", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8}
    return {**asked, "temperature": 0, **changes}


def events(text: str) -> list[Any]:
    blocks = [block.removeprefix("data: ") for block in text.strip().split("\n\n")]
    assert blocks[-1] == "[DONE]"
    return [json.loads(block) for block in blocks[:-1]]


def test_the_names_are_the_base_the_aliases_and_the_versions(make_client: MakeClient) -> None:
    client = make_client()
    found = client.get("/v1/models").json()["data"]
    roots = {model["id"]: model["root"] for model in found}
    assert roots["base"] == "base"
    assert roots["auto"] == roots["champion"] == roots["v1"] == "v1"
    assert roots["challenger"] == roots["v2.1"] == "v2.1"
    assert client.get("/v1/models/champion").json()["root"] == "v1"
    assert client.get("/v1/models/nobody").status_code == 404
    assert client.get("/readyz").json()["models"]["auto"] == "v1"


def test_adapters_answer_differently_and_say_who_they_are(make_client: MakeClient) -> None:
    client = make_client()
    answers = [
        client.post(URL, json=body(model=name)).json() for name in ("base", "champion", "v2.1")
    ]
    assert [answer["model"] for answer in answers] == ["base", "v1", "v2.1"]
    assert len({answer["choices"][0]["message"]["content"] for answer in answers}) == 3


@pytest.mark.parametrize(("share", "expected"), [("0", "v1"), ("1", "v2.1")])
def test_auto_is_split_between_champion_and_challenger(
    make_client: MakeClient, share: str, expected: str
) -> None:
    client = make_client(llm_challenger_share=share)
    assert client.post(URL, json=body(model="auto", user="one")).json()["model"] == expected


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"model": "gpt-5"}, 404, "model_not_found"),
        ({"messages": [{"role": "user", "content": "x" * 600}]}, 400, "context_length_exceeded"),
        ({"n": 2}, 400, "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, 400, "unsupported_parameter"),
        ({"temperature": 3}, 422, "invalid_input"),
        ({"messages": []}, 422, "invalid_input"),
    ],
)
def test_errors_are_problems_with_the_member_that_clients_read(
    make_client: MakeClient, changes: dict[str, object], status: int, code: str
) -> None:
    answer = make_client(llm_context="512").post(URL, json=body(**changes))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert found["error"]["code"] == code
    assert found["error"]["message"] == found["detail"]
    assert "xxx" not in answer.text


def test_a_bearer_token_is_a_key(make_client: MakeClient) -> None:
    client = make_client(api_keys=KEY)
    assert client.get("/v1/models", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    refused = client.get("/v1/models", headers={"Authorization": "Bearer wrong"})
    assert refused.status_code == 401
    assert refused.json()["error"]["type"] == "authentication_error"


def test_a_stream_is_in_openais_format(make_client: MakeClient) -> None:
    client = make_client()
    answer = client.post(URL, json=body(stream=True, stream_options={"include_usage": True}))
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, *middle, end, usage = events(answer.text)
    assert first["object"] == "chat.completion.chunk"
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert all(chunk["choices"][0]["delta"]["content"] for chunk in middle)
    assert end["choices"][0]["finish_reason"] in {"stop", "length"}
    assert usage["choices"] == []
    whole = client.post(URL, json=body()).json()
    assert usage["usage"] == whole["usage"]
    assert events(client.post(URL, json=body(stream=True)).text)[-1]["choices"]


def test_parts_and_developer_messages_are_read(make_client: MakeClient) -> None:
    client = make_client()
    plain = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi you"}]
    parts = [
        {"role": "developer", "content": "Be brief"},
        {"role": "user", "content": [{"type": "text", "text": t} for t in ("Hi ", "you")]},
    ]
    answers = [client.post(URL, json=body(messages=asked)).json() for asked in (plain, parts)]
    assert answers[0]["choices"] == answers[1]["choices"]
    assert answers[0]["usage"] == answers[1]["usage"]


def test_a_full_queue_refuses_with_a_time_to_come_back(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise QueueFullError

    monkeypatch.setattr(Engine, "submit", full)
    client = make_client()
    answer = client.post(URL, json=body())
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["error"]["type"] == "server_error"
    assert metric(client, "http_requests_rejected_total", reason="overloaded") == 1


def test_a_request_whose_turn_does_not_come_is_refused(make_client: MakeClient) -> None:
    client = make_client(llm_queue_seconds=1e-9)
    answer = client.post(URL, json=body())
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "timeout"


def test_without_a_model_the_service_says_what_to_do(
    make_client: MakeClient, tmp_path: Path
) -> None:
    client = make_client(llm_base=str(tmp_path / "nothing"))
    assert client.get("/healthz").status_code == 200
    refused = client.get("/readyz")
    assert refused.status_code == 503
    assert "no model is there" in refused.json()["detail"]
    assert client.post(URL, json=body()).status_code == 503


def test_a_promotion_is_followed_without_a_restart(
    make_client: MakeClient, service_settings: Mapping[str, str], tmp_path: Path
) -> None:
    adapters = tmp_path / "adapters"
    shutil.copytree(service_settings["APP_LLM_ADAPTERS"], adapters)
    client = make_client(llm_adapters=str(adapters), llm_reload_seconds="0.05")

    def names() -> dict[str, str]:
        return {model["id"]: model["root"] for model in client.get("/v1/models").json()["data"]}

    write_aliases(adapters, champion="v2.1")
    wait_until(lambda: names().get("champion") == "v2.1")
    assert "v1" not in names()
    assert client.post(URL, json=body(model="auto")).json()["model"] == "v2.1"

    (adapters / "broken").mkdir()
    (adapters / "broken" / "card.json").write_text("{}")
    write_aliases(adapters, champion="broken")
    wait_until(lambda: metric(client, "llm_reload_failures_total") == 1)
    assert names()["champion"] == "v2.1"
    (adapters / "aliases.json").write_text("nonsense")
    assert client.post(URL, json=body(model="champion")).status_code == 200


def test_requests_are_counted_by_who_answered(make_client: MakeClient) -> None:
    client = make_client()
    used = client.post(URL, json=body(model="champion")).json()["usage"]
    labels = {"model": "v1"}
    assert metric(client, "llm_prompt_tokens_total", **labels) == used["prompt_tokens"]
    assert metric(client, "llm_completion_tokens_total", **labels) == used["completion_tokens"]
    ended = [metric(client, "llm_requests_total", reason=r, **labels) for r in ("stop", "length")]
    assert sum(ended) == 1
    registry = edge(client).service.registry
    named = {"name": "auto", "model": "v1"}
    assert registry.get_sample_value("llm_model_info", named) == 1
