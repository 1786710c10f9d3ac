"""Problem details."""

import json

import pytest

from text2json.api.problems import (
    INVALID_INPUT,
    OVERLOADED,
    FieldError,
    HttpProblem,
    Kind,
    Problem,
    pointer,
)


def test_the_document_follows_the_rfc() -> None:
    wrong = FieldError("/features/amount", "must be a number")
    problem = Problem(INVALID_INPUT, "amount must be a number", errors=[wrong])
    assert json.loads(problem.body("r-1")) == {
        "type": "urn:problem-type:invalid-input",
        "title": "The request does not fit the schema",
        "status": 422,
        "detail": "amount must be a number",
        "request_id": "r-1",
        "errors": [{"pointer": "/features/amount", "detail": "must be a number"}],
    }


def test_plugins_have_kinds_of_their_own() -> None:
    problem = Problem(Kind("no-such-order", 404, "The order does not exist"), "Look at /v1/orders")
    document = json.loads(problem.body("r-1"))
    assert document["type"] == "urn:problem-type:no-such-order"
    assert (document["title"], document["status"]) == ("The order does not exist", 404)


@pytest.mark.parametrize(("seconds", "header"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (1.1, "2")])
def test_retry_after_is_whole_seconds_and_never_zero(seconds: float, header: str) -> None:
    assert Problem(OVERLOADED, "", retry_after=seconds).headers["retry-after"] == header


def test_what_the_framework_raises_has_no_type_of_its_own() -> None:
    body = json.loads(HttpProblem(405, "Method Not Allowed", {"allow": "POST"}).body("r"))
    assert body["type"] == "about:blank"
    assert body["status"] == 405


def test_texts_from_requests_are_cut_and_encodable() -> None:
    body = json.loads(Problem(INVALID_INPUT, "\ud800" + "x" * 10_000).body("r"))
    assert body["detail"].startswith("?x")
    assert len(body["detail"]) < 400


def test_pointers_escape_their_steps() -> None:
    assert pointer("instances", 3, "a/b~c") == "/instances/3/a~1b~0c"
    assert pointer() == ""
