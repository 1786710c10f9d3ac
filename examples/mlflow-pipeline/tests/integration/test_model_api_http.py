"""The service over its HTTP interface, in this process."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from plugins.http_api import KEY, MakeClient, edge, metric, wait_until
from plugins.model_api import ROW, broken, replace_champion
from plugins.model_bundle import logistic_onnx, sample_features
from prometheus_client.parser import text_string_to_metric_families

from payments_loop.api.events import EventLog
from payments_loop.bundle import (
    Bundle,
    Costs,
    Registry,
    write,
)
from payments_loop.prediction.observers import Observation, Observers

CONTRACT = {
    "inference_queue_depth",
    "inference_queue_capacity",
    "inference_batch_size",
    "inference_duration_seconds",
    "inference_rows",
    "inference_errors",
    "prediction_probability",
    "predictions",
    "model_info",
    "model_created_timestamp_seconds",
    "model_loaded_timestamp_seconds",
    "model_reload_failures",
    "shadow_dropped",
    "shadow_absolute_difference",
}


def test_one_row(serve_models: MakeClient, champion_dir: Path) -> None:
    bundle = Bundle.load(champion_dir / "v1")
    expected = float(bundle.predict(bundle.encode([ROW]))[0])
    answer = serve_models().post("/v1/predict", json={"features": ROW}).json()
    assert answer.pop("request_id")
    assert answer == {
        "probability": pytest.approx(expected),
        "decision": bundle.decide(expected),
        "threshold": bundle.threshold,
        "model_version": "v1",
    }


def test_several_rows_are_answered_in_order(serve_models: MakeClient) -> None:
    client = serve_models()
    amounts = [900.0, 1.0, 100.0]
    instances = [{"features": ROW | {"amount": amount}} for amount in amounts]
    together = client.post("/v1/predict/batch", json={"instances": instances}).json()["predictions"]
    alone = [client.post("/v1/predict", json=instance).json() for instance in instances]
    assert [p["probability"] for p in together] == pytest.approx([p["probability"] for p in alone])
    assert len({p["request_id"] for p in together}) == 1


def test_each_row_is_decided_by_the_threshold_of_its_amount(
    serve_models: MakeClient, champion_dir: Path
) -> None:
    costs = Costs(review=5, fee=0, amount="amount")
    usual = Bundle.load(champion_dir / "v1").manifest
    manifest = usual.model_copy(update={"version": "v2", "costs": costs, "files": {}})
    write(champion_dir, manifest, logistic_onnx(), sample_features(100))
    Registry(champion_dir).promote("v2")
    instances = [{"features": ROW | {"amount": amount}} for amount in (1, 10, 1000)]
    answer = serve_models().post("/v1/predict/batch", json={"instances": instances}).json()
    found = [(p["threshold"], p["decision"]) for p in answer["predictions"]]
    assert found == [(1.0, "approve"), (0.5, "review"), (0.005, "review")]


def test_absent_and_null_are_the_same(serve_models: MakeClient) -> None:
    client = serve_models()
    without = {name: value for name, value in ROW.items() if value is not None}
    answers = [client.post("/v1/predict", json={"features": row}).json() for row in (ROW, without)]
    assert answers[0]["probability"] == answers[1]["probability"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"features": ROW | {"channel": "fax"}}, "/features/channel"),
        ({"features": ROW | {"amount": -1}}, "/features/amount"),
        ({"features": ROW | {"amount": "12"}}, "/features/amount"),
        ({"features": ROW | {"amount": True}}, "/features/amount"),
        ({"features": ROW | {"a/b": 1}}, "/features/a~1b"),
        ({"features": ROW, "extra": 1}, "/extra"),
        ({"features": ROW, "key": 7}, "/key"),
        ({"features": ROW, "key": "x" * 257}, "/key"),
        ({"features": [ROW]}, "/features"),
        ({}, "/features"),
    ],
)
def test_what_is_wrong_is_pointed_at(
    serve_models: MakeClient, body: dict[str, Any], pointer: str
) -> None:
    client = serve_models()
    for path, sent, place in [
        ("/v1/predict", body, ""),
        ("/v1/predict/batch", {"instances": [{"features": ROW}, body]}, "/instances/1"),
    ]:
        response = client.post(path, json=sent)
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        assert [error["pointer"] for error in response.json()["errors"]] == [place + pointer]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_what_is_not_json_is_a_problem(serve_models: MakeClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = serve_models().post("/v1/predict", content=body, headers=headers)
    assert response.status_code in {400, 422}
    assert response.json()["status"] == response.status_code


def test_too_many_instances(serve_models: MakeClient) -> None:
    instances = [{"features": ROW}] * 3
    client = serve_models(max_instances=2)
    response = client.post("/v1/predict/batch", json={"instances": instances})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/instances"


def test_predictions_and_models_need_a_key(serve_models: MakeClient) -> None:
    client = serve_models(api_keys=KEY)
    for headers, status in [({}, 401), ({"x-api-key": KEY}, 200)]:
        response = client.post("/v1/predict", json={"features": ROW}, headers=headers)
        assert response.status_code == status
        assert client.get("/v1/model", headers=headers).status_code == status


def test_too_many_requests_at_once_are_refused(serve_models: MakeClient) -> None:
    client = serve_models(max_in_flight=1)
    edge(client).service.in_flight = 1
    response = client.post("/v1/predict", json={"features": ROW})
    assert response.status_code == 503
    assert metric(client, "http_requests_rejected_total", reason="overloaded") == 1


def test_the_state_names_the_champion(serve_models: MakeClient) -> None:
    client = serve_models()
    assert client.get("/readyz").json() == {"status": "ready", "model_version": "v1"}
    assert client.get("/v1").json()["model_version"] == "v1"


def test_without_a_model_it_lives_and_is_not_ready(
    serve_models: MakeClient, tmp_path: Path
) -> None:
    client = serve_models(models_dir=tmp_path / "nothing")
    assert client.get("/healthz").status_code == 200
    for method, path in [("GET", "/readyz"), ("GET", "/v1/model"), ("POST", "/v1/predict")]:
        response = client.request(
            method, path, json={"features": ROW} if method == "POST" else None
        )
        assert response.status_code == 503
        assert response.json()["type"] == "urn:problem-type:not-ready"


def test_the_models_in_use_are_described(serve_models: MakeClient, contest_dir: Path) -> None:
    client = serve_models(models_dir=contest_dir)
    found = client.get("/v1/model").json()
    assert (found["champion"]["version"], found["challenger"]["version"]) == ("v1", "v2")
    assert found["champion"]["metrics"] == {"auc": 0.8}
    assert [feature["name"] for feature in found["champion"]["features"]] == list(ROW)
    assert found["challenger_mode"] == "shadow"
    assert client.post("/v1/predict", json={"features": found["example"]}).status_code == 200


def test_metrics_have_the_names_of_the_contract(serve_models: MakeClient) -> None:
    client = serve_models()
    client.post("/v1/predict", json={"features": ROW})
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    families = {family.name for family in text_string_to_metric_families(response.text)}
    assert families >= CONTRACT
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    assert client.get("/metrics", headers=accept).text.endswith("# EOF\n")


def test_a_prediction_is_counted(serve_models: MakeClient) -> None:
    client = serve_models()
    instances = [{"features": ROW}] * 5
    client.post("/v1/predict/batch", json={"instances": instances})
    model = {"model_version": "v1", "role": "champion"}
    assert metric(client, "inference_rows_total", **model) == 5
    assert metric(client, "inference_duration_seconds_count", **model) == 1
    assert metric(client, "inference_batch_size_sum") == 5
    assert metric(client, "prediction_probability_count", model_version="v1") == 5
    assert metric(client, "predictions_total", model_version="v1", decision="review") == 5
    route = {"route": "/v1/predict/batch", "method": "POST"}
    assert metric(client, "http_requests_total", **route, status="200") == 1
    assert metric(client, "http_request_duration_seconds_count", **route) == 1
    assert metric(client, "model_info", version="v1", alias="champion") == 1


def test_every_decision_is_logged_without_what_it_was_about(
    serve_models: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stream = io.BytesIO()
    client = serve_models(events=EventLog(stream))
    body = {"features": ROW | {"amount": 31337.0}, "key": "jane@example.org"}
    client.post("/v1/predict", json=body, headers={"x-request-id": "r-1"})
    client.get("/healthz")
    wait_until(lambda: stream.getvalue().count(b"\n") == 2)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    decision, response = lines
    assert decision["event"] == "decision"
    assert (decision["request_id"], decision["model_version"]) == ("r-1", "v1")
    assert (decision["role"], decision["decision"]) == ("champion", "review")
    assert 0.5 <= decision["probability"] <= 1
    assert (response["event"], response["route"], response["status"]) == (
        "request",
        "/v1/predict",
        200,
    )
    assert b"31337" not in stream.getvalue()
    assert b"jane" not in stream.getvalue()


def test_a_failing_model_is_a_problem_and_is_counted(serve_models: MakeClient) -> None:
    client = serve_models()
    replace_champion(client, broken)
    response = client.post("/v1/predict", json={"features": ROW})
    assert response.status_code == 500
    assert response.json()["type"] == "urn:problem-type:inference-failed"
    assert metric(client, "inference_errors_total", kind="model") == 1


def test_a_failing_observer_costs_nobody_an_answer(serve_models: MakeClient) -> None:
    client = serve_models()
    seen: list[Observation] = []
    observers = edge(client).service.shared(Observers)
    observers[:0] = [lambda _: 1 / 0]  # type: ignore[list-item]
    observers.append(seen.append)
    assert client.post("/v1/predict", json={"features": ROW}).status_code == 200
    assert metric(client, "inference_errors_total", kind="observer") == 1
    assert seen[0].features.shape == (1, 3)
    assert seen[0].probabilities.shape == (1,)
    assert (seen[0].role, seen[0].bundle.version) == ("champion", "v1")


def test_the_live_documentation_knows_the_features(serve_models: MakeClient) -> None:
    schemas = serve_models().get("/openapi.json").json()["components"]["schemas"]
    features = schemas["PredictionRequest"]["properties"]["features"]
    assert features["required"] == ["channel"]
    assert features["properties"]["channel"]["enum"] == ["app", "terminal", "web"]
    assert features["additionalProperties"] is False
