"""What hostile callers ask a model, against the real server in production mode."""

import json

import pytest
from plugins.security import (
    KEY,
    MARKER,
    Answer,
    Server,
    assert_refused,
)

VALID = {"features": {"amount": 12.5, "age_days": None, "channel": "web"}, "key": MARKER}


def predict(
    server: Server,
    body: bytes | None = None,
    path: str = "/v1/predict",
    headers: dict[str, str] | None = None,
) -> Answer:
    """Ask for a prediction; a valid one if there is no other body."""
    sent = json.dumps(VALID).encode() if body is None else body
    return server.request(path, sent, method="POST", headers=headers)


def test_an_honest_request_is_answered(server: Server) -> None:
    answer = predict(server)
    assert answer.status == 200
    assert 0 <= json.loads(answer.body)["probability"] <= 1


def test_predictions_need_a_key(server: Server) -> None:
    assert_refused(predict(server, headers={"X-API-Key": KEY[:-1]}), 401)
    assert_refused(server.request("/v1/model", headers={"X-API-Key": ""}), 401)


@pytest.mark.parametrize("path", ["/v1/model/..%2f..%2fetc%2fpasswd", "/v1/model%00.json"])
def test_no_path_leaves_the_models(server: Server, path: str) -> None:
    assert_refused(server.request(path), 400, 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_predictions_are_asked_for_by_post_only(server: Server, method: str) -> None:
    assert_refused(server.request("/v1/predict", method=method), 405)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x" * 500]
)
def test_other_content_types_are_refused(server: Server, kind: str) -> None:
    assert_refused(predict(server, headers={"Content-Type": kind}), 415, 422)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b'{"features": {"amount": NaN}}',
        b'{"features": {"amount": 1e999}}',
        b'{"features": {"amount": ' + b"9" * 5000 + b"}}",
        b'{"features": {"amount": true}}',
        b'{"features": {"channel": "\\ud800"}}',
        b'{"features": {"channel": "\xed\xa0\x80"}}',
        '{"features": {"channel": "we\u200bb"}}'.encode(),
        '{"features": {"channel": "\u202ebew"}}'.encode(),
        '{"features": {"channel": "\uff57\uff45\uff42"}}'.encode(),
        b'{"features": {"channel": "web\\u0000"}}',
        b'{"features": {"__class__": 1}}',
        b'{"features": {"amount": {"$gt": 0}}}',
        b'{"features": [], "__proto__": {}}',
        b"[" * 30_000,
        b'{"features":' * 5_000,
        b"[]" * 2,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_hostile_json_is_refused(server: Server, body: bytes) -> None:
    assert_refused(predict(server, body), 400, 422)


def test_a_batch_of_more_rows_than_allowed_is_refused(server: Server) -> None:
    body = json.dumps({"instances": [{"features": {}}] * 1001}).encode()
    assert_refused(predict(server, body, "/v1/predict/batch"), 413, 422)


def test_metrics_and_log_hold_no_payload(server: Server) -> None:
    predict(server)
    predict(server, json.dumps({"features": {MARKER: MARKER}}).encode())
    predict(server, headers={"X-Request-ID": "the-last-one"})
    events = server.events("the-last-one")
    assert any(event["event"] == "decision" for event in events)
    assert not [event for event in events if event["level"] == "ERROR"]
    metrics = server.request("/metrics").body.decode()
    assert "predictions_total" in metrics
    for secret in (MARKER, "jane.doe", KEY):
        assert secret not in server.log.read_text()
        assert secret not in metrics
