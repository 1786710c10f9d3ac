"""Ratings over HTTP, and their way to the evaluation set."""

from __future__ import annotations

import json

from click.testing import CliRunner
from plugins.http_api import MakeClient, metric
from plugins.rag_api import QUESTION
from starlette.testclient import TestClient

from docs_qa.cli import main


def rate(client: TestClient, request_id: str, rating: str = "down", comment: str = "") -> None:
    body = {"request_id": request_id, "rating": rating, "comment": comment}
    response = client.post("/v1/feedback", json=body)
    assert response.status_code == 201, response.text
    assert response.json() == {"request_id": request_id, "rating": rating}


def exported(*options: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(main, ["feedback", "export", *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_rated_questions_become_candidates_for_the_evaluation(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    client = make_client(store_questions=True, **own_state)
    answer = client.post("/v1/ask", json={"question": QUESTION, "stream": False}).json()
    rate(client, answer["request_id"], "down", "It is twelve now")
    rate(client, client.post("/v1/ask", json={"question": QUESTION}).headers["x-request-id"], "up")
    assert metric(client, "rag_feedback_total", rating="down") == 1
    [found] = exported("--rating", "down")
    assert found["question"] == QUESTION
    assert found["answer"] == answer["answer"]
    assert found["comment"] == "It is twelve now"
    [cited] = [entry for entry in found["cited"] if entry["document"] == "fees.md"]  # type: ignore[attr-defined]
    assert "ten cents" in cited["text"]
    assert len(exported()) == 2


def test_questions_are_not_kept_unless_that_is_wanted(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    client = make_client(**own_state)
    answer = client.post("/v1/ask", json={"question": QUESTION, "stream": False}).json()
    rate(client, answer["request_id"])
    assert exported() == []


def test_ratings_that_do_not_fit_are_refused(make_client: MakeClient) -> None:
    client = make_client()
    for wrong in (
        {"request_id": "a", "rating": "meh"},
        {"request_id": "a b", "rating": "up"},
        {"request_id": "", "rating": "up"},
        {"request_id": "a", "rating": "up", "comment": "x" * 2001},
        {"rating": "up"},
    ):
        assert client.post("/v1/feedback", json=wrong).status_code == 422, wrong
