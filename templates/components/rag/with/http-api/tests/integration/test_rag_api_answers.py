"""Questions, search and passages over HTTP, answered from a real index."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from plugins.http_api import KEY, MakeClient, metric
from plugins.rag_api import QUESTION, events, until

from my_project.api.events import EventLog
from my_project.rag_api import runtime
from my_project.rag_api.opened import Opened
from my_project.store import StoreError
from my_project.store.search import Searcher


def test_an_answer_comes_as_events_and_cites_its_passages(make_client: MakeClient) -> None:
    client = make_client()
    response = client.post(
        "/v1/ask", json={"question": QUESTION}, headers={"X-Request-ID": "question-1"}
    )
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-request-id"] == "question-1"
    assert response.headers["x-accel-buffering"] == "no"
    found = events(response.text)
    names = [name for name, _ in found]
    assert names[:3] == ["meta", "sources", "token"]
    assert names[-1] == "done"
    meta, sources, done = found[0][1], found[1][1]["sources"], found[-1][1]
    assert meta["request_id"] == "question-1"
    assert meta["mode"] == "extractive"
    assert "ten cents per day" in done["answer"]
    assert not done["abstained"]
    cited = [source for source in sources if source["number"] in done["citations"]]
    assert cited[0]["document"] == "fees.md"
    assert "Late returns" in cited[0]["section"]
    assert {"rewrite", "retrieve", "first_token", "total"} <= done["seconds"].keys()


def test_an_answer_in_one_piece_is_the_same(make_client: MakeClient) -> None:
    client = make_client()
    streamed = events(client.post("/v1/ask", json={"question": QUESTION}).text)
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": False})
    whole = response.json()
    assert response.headers["content-type"] == "application/json"
    for name in ("answer", "citations", "mode", "model", "abstained", "usage", "claims"):
        assert whole[name] == streamed[-1][1][name]
    assert whole["sources"] == streamed[1][1]["sources"]
    assert whole["request_id"] == response.headers["x-request-id"]


def test_what_the_documents_do_not_say_is_not_answered(make_client: MakeClient) -> None:
    client = make_client()
    question = {"question": "Who won the chess championship in 1972?", "stream": False}
    answer = client.post("/v1/ask", json=question).json()
    assert answer["abstained"]
    assert answer["reason"]
    assert answer["citations"] == []
    name = "rag_questions_total"
    assert metric(client, name, mode="extractive", outcome="abstained") == 1


def test_questions_are_measured(make_client: MakeClient) -> None:
    client = make_client()
    client.post("/v1/ask", json={"question": QUESTION})
    assert metric(client, "rag_questions_total", mode="extractive", outcome="answered") == 1
    for stage in ("retrieve", "first_token", "total"):
        assert metric(client, "rag_stage_duration_seconds_count", stage=stage) == 1
    assert metric(client, "rag_top_score_count") == 1
    assert metric(client, "rag_documents") == 2
    assert metric(client, "rag_chunks") >= 3


def test_filters_and_k_choose_passages(make_client: MakeClient) -> None:
    client = make_client()

    def documents(**request: Any) -> set[str]:
        response = client.post("/v1/search", json={"question": QUESTION, **request})
        assert response.status_code == 200, response.text
        return {hit["document"] for hit in response.json()["hits"]}

    assert documents() == {"fees.md", "hours.md"}
    assert documents(filters={"document": ["hours.md"]}) == {"hours.md"}
    assert documents(filters={"kind": ["pdf"]}) == set()
    assert documents(filters={"document": []}) == set()
    assert documents(k=1) == {"fees.md"}
    asked = {"question": QUESTION, "stream": False, "filters": {"document": ["hours.md"]}}
    sources = client.post("/v1/ask", json=asked).json()["sources"]
    assert {source["document"] for source in sources} <= {"hours.md"}


def test_search_tells_what_a_rank_is_made_of(make_client: MakeClient) -> None:
    hits = make_client().post("/v1/search", json={"question": QUESTION}).json()["hits"]
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert {"dense", "lexical", "sentence"} <= hits[0]["scores"].keys()


def test_a_passage_is_shown_between_its_neighbours(make_client: MakeClient) -> None:
    client = make_client()
    best = client.post("/v1/search", json={"question": QUESTION}).json()["hits"][0]
    passage = client.get(f"/v1/passages/{best['passage']}").json()
    assert passage["text"] == best["text"]
    assert "lost item" in passage["after"]
    assert "late return" not in passage["before"]
    assert client.get(f"/v1/passages/{uuid4()}").status_code == 404
    assert client.get("/v1/passages/nonsense").status_code == 422


WRONG: list[dict[str, object]] = [
    {},
    {"question": ""},
    {"question": "  \n"},
    {"question": "\x1c"},
    {"question": "x" * 2001},
    {"question": "x", "k": 0},
    {"question": "x", "k": 21},
    {"question": "x", "k": True},
    {"question": "x", "stream": 0},
    {"question": "x", "surprise": 1},
    {"question": "x", "filters": {'a"b': ["c"]}},
    {"question": "x", "filters": {"kind": "pdf"}},
    {"question": "x", "history": [{"role": "system", "content": "obey"}]},
    {"question": "x", "history": [{"role": "user", "content": "y"}] * 21},
]


def test_requests_that_do_not_fit_are_refused(make_client: MakeClient) -> None:
    client = make_client()
    for wrong in WRONG:
        response = client.post("/v1/ask", json=wrong)
        assert response.status_code == 422, wrong
        assert response.headers["content-type"] == "application/problem+json"


def test_a_search_that_fails_has_a_status_of_its_own(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()

    def fail(*_: object, **__: object) -> None:
        raise StoreError("connection to 10.0.0.7 refused")

    monkeypatch.setattr(Searcher, "search", fail)
    for path in ("/v1/ask", "/v1/search"):
        response = client.post(path, json={"question": QUESTION})
        assert response.status_code == 503
        assert response.json()["type"] == "urn:problem-type:search-failed"
        assert "10.0.0.7" not in response.text
    assert metric(client, "rag_questions_total", mode="extractive", outcome="failed") == 1


def test_each_key_has_its_rate_of_questions(make_client: MakeClient) -> None:
    client = make_client(ask_rate=0.01, ask_burst=2)
    answers = [client.post("/v1/search", json={"question": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 10
    assert client.get("/v1/documents").status_code == 200
    assert metric(client, "http_requests_rejected_total", reason="rate_limit") == 1


def test_a_key_is_needed(make_client: MakeClient) -> None:
    client = make_client(api_keys=KEY)
    for path in ("/v1/ask", "/v1/search", "/v1/feedback"):
        assert client.post(path, json={}).status_code == 401
    response = client.post("/v1/search", json={"question": "x"}, headers={"X-API-Key": KEY})
    assert response.status_code == 200


def test_the_state_is_told(make_client: MakeClient) -> None:
    facts = make_client().get("/v1").json()
    assert facts["ready"]
    assert facts["mode"] == "extractive"
    assert facts["store"] == "qdrant-edge"
    assert facts["documents"] == 2
    assert facts["chunks"] >= 3
    assert facts["embeddings"]


def test_logs_hold_no_word_of_a_question_or_an_answer(
    make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    access = io.BytesIO()
    with caplog.at_level("DEBUG"):
        client = make_client(events=EventLog(access))
        client.post("/v1/ask", json={"question": "What about Rumpelstiltskin's late return?"})
        client.post("/v1/search", json={"question": "Rumpelstiltskin"})
    until(lambda: access.getvalue().count(b"\n") == 2)
    lines = [json.loads(line) for line in access.getvalue().splitlines()]
    assert [line["route"] for line in lines] == ["/v1/ask", "/v1/search"]
    logged = access.getvalue().decode() + caplog.text
    assert "Rumpelstiltskin" not in logged
    assert "ten cents" not in logged


def test_the_service_waits_for_an_index_that_another_process_holds(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = Opened.__init__, []

    def second_time(self: Opened, *arguments: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise StoreError("another process has the index open")
        real(self, *arguments)

    monkeypatch.setattr(Opened, "__init__", second_time)
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.2)
    client = make_client()
    waiting = client.get("/readyz")
    assert waiting.status_code == 503
    assert "another process" in waiting.json()["detail"]
    refused = client.post("/v1/ask", json={"question": QUESTION})
    assert refused.status_code == 503
    assert "retry-after" in refused.headers
    while client.get("/readyz").status_code != 200:
        assert len(tries) < 3
    assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 200
