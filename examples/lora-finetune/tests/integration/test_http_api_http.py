"""The service over its HTTP interface, in this process."""

import io
import json
import logging
import re
from pathlib import Path

import pytest
from plugins.http_api import (
    KEY,
    OTHER_KEY,
    MakeClient,
    edge,
    metric,
    wait_until,
)
from plugins.http_api_echo import Echo, fast
from prometheus_client.parser import text_string_to_metric_families

from text2json.api import examples
from text2json.api.events import EventLog
from text2json.api.problems import OVERLOADED, Problem
from text2json.api.service import Service

JSON = {"content-type": "application/json"}
CONTRACT = {
    "http_requests",
    "http_request_duration_seconds",
    "http_requests_in_flight",
    "http_requests_rejected",
}


def test_it_says_what_it_is(make_client: MakeClient) -> None:
    def install(service: Service) -> None:
        service.facts += [lambda: {"colour": "red", "size": 1}, lambda: {"size": 2}]

    client = make_client(install=install)
    found = client.get("/v1").json()
    assert found["service"] == "text2json"
    assert found["ready"] is True
    for facts in (found, client.get("/readyz").json()):
        assert (facts["colour"], facts["size"]) == ("red", 2)


@pytest.mark.parametrize("name", examples.names())
def test_every_example_is_answered(make_client: MakeClient, name: str) -> None:
    client = make_client(api_keys=KEY)
    example = examples.load(name)
    headers = {"x-api-key": KEY} | ({"content-type": example.media_type} if example.body else {})
    response = client.request(
        example.method,
        example.path,
        content=example.body,
        headers=headers,
    )
    assert response.status_code < 300, response.text


def test_what_is_not_ready_says_why(make_client: MakeClient) -> None:
    state: list[str] = ["The index is being built"]

    def install(service: Service) -> None:
        service.ready.append(lambda: state[0] if state else None)

    client = make_client(install=install)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["type"] == "urn:problem-type:not-ready"
    assert response.json()["detail"] == "The index is being built"
    assert client.get("/v1").json()["ready"] is False
    assert client.get("/healthz").status_code == 200
    state.clear()
    assert client.get("/readyz").status_code == 200


def test_draining_serves_and_sends_callers_elsewhere(make_client: MakeClient) -> None:
    client = make_client()
    edge(client).service.draining = True
    response = client.get("/v1")
    assert response.status_code == 200
    assert response.headers["connection"] == "close"
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    ("key", "status"),
    [(None, 401), ("", 401), (KEY[:-1], 401), (KEY, 200), (OTHER_KEY, 200), (f"{KEY},", 401)],
)
def test_keys(make_client: MakeClient, key: str | None, status: int) -> None:
    client = make_client(
        api_keys=f"{KEY},{OTHER_KEY}",
        environment="production",
        install=Echo().install,
    )
    headers = {} if key is None else {"x-api-key": key}
    assert client.get("/v1", headers=headers).status_code == status
    assert client.post("/v1/echo", json={"text": "a"}, headers=headers).status_code == status
    assert client.get("/nowhere", headers=headers).status_code == (404 if status == 200 else 401)


def test_probes_and_documentation_need_no_key(make_client: MakeClient) -> None:
    client = make_client(api_keys=KEY)
    for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 200


def test_plugins_can_open_paths(make_client: MakeClient) -> None:
    client = make_client(api_keys=KEY, install=Echo().install, rate_limit=0.001, rate_burst=1)
    for _ in range(3):
        assert client.get("/page/about").text == "about"
    for path in ("/page", "/pages", "/v1/page/about", "/page%2fabout/../../v1"):
        assert client.get(path).status_code == 401


def test_the_root_does_not_open_everything(make_client: MakeClient) -> None:
    client = make_client(api_keys=KEY, install=lambda service: service.public.add("/"))
    assert client.get("/").status_code != 401
    assert client.get("/v1").status_code == 401


def test_each_key_has_its_own_rate(make_client: MakeClient) -> None:
    client = make_client(api_keys=f"{KEY},{OTHER_KEY}", rate_limit=0.001, rate_burst=2)
    statuses = [client.get("/v1", headers={"x-api-key": KEY}) for _ in range(3)]
    assert [response.status_code for response in statuses] == [200, 200, 429]
    assert 900 < int(statuses[-1].headers["retry-after"]) <= 1000
    assert client.get("/v1", headers={"x-api-key": OTHER_KEY}).status_code == 200
    assert metric(client, "http_requests_rejected_total", reason="rate_limit") == 1


def test_too_many_requests_at_once_are_refused(make_client: MakeClient) -> None:
    client = make_client(max_in_flight=1)
    edge(client).service.in_flight = 1
    response = client.get("/v1")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert metric(client, "http_requests_rejected_total", reason="overloaded") == 1
    for path in ("/readyz", "/healthz", "/metrics"):
        assert client.get(path).status_code == 200
    edge(client).service.in_flight = 0
    assert client.get("/v1").status_code == 200
    assert edge(client).service.in_flight == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_too_large_a_body(make_client: MakeClient, method: str) -> None:
    client = make_client(max_body_bytes=1000)
    whole = client.request(method, "/v1", content=b" " * 1001)
    chunks = client.request(method, "/v1", content=iter([b" " * 600, b" " * 600]))
    for response in (whole, chunks):
        assert response.status_code == 413
        assert response.headers["connection"] == "close"
    assert client.request(method, "/v1", content=b" " * 1000).status_code == 405


def test_limits_of_bodies_depend_on_the_path(make_client: MakeClient) -> None:
    client = make_client(max_body_bytes=1000, install=Echo().install)
    large = b"x" * 2_000_000
    assert client.put("/v1/files/a", content=large).json() == {"a": 2_000_000}
    assert client.put("/v1/files/a", content=large + b"x").status_code == 413
    assert client.put("/v1/files", content=large).status_code == 413
    assert client.post("/v1/small", content=b"x" * 10).json() == 10
    assert client.post("/v1/small", content=b"x" * 11).status_code == 413
    assert client.post("/v1/echo", content=b"x" * 1001).status_code == 413


def test_routes_know_the_request_and_its_caller(make_client: MakeClient) -> None:
    client = make_client(api_keys=KEY, install=Echo().install)
    headers = {"x-api-key": KEY, "x-request-id": "r-1"}
    answer = client.post("/v1/echo", json={"text": "a"}, headers=headers).json()
    assert (answer["text"], answer["id"]) == ("a", "r-1")
    assert re.fullmatch(r"[0-9a-f]{8}", answer["caller"])


def test_what_is_wrong_is_pointed_at(make_client: MakeClient) -> None:
    client = make_client(install=Echo().install)
    response = client.post("/v1/echo", json={"text": "x" * 11})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in response.json()["errors"]] == ["/text"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_what_is_not_json_is_a_problem(make_client: MakeClient, body: bytes) -> None:
    client = make_client(install=Echo().install)
    response = client.post("/v1/echo", content=body, headers=JSON)
    assert response.status_code in {400, 422}
    assert response.json()["status"] == response.status_code


def test_problems_of_routes_are_answered_and_rejections_counted(make_client: MakeClient) -> None:
    client = make_client(install=Echo().install)
    response = client.post("/v1/waits")
    assert response.status_code == 503
    assert response.json()["type"] == "urn:problem-type:timeout"
    assert response.headers["retry-after"] == "2"
    assert metric(client, "http_requests_rejected_total", reason="timeout") == 1


def test_an_unexpected_failure_tells_nothing(
    make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> bytes:
        raise RuntimeError("secret")

    def install(service: Service) -> None:
        Echo().install(service)
        service.fast["/v1/echo"] = fail

    client = make_client(install=install)
    for path in ("/v1/echo", "/v1/fails"):
        response = client.post(path)
        assert response.status_code == 500
        assert response.json()["type"] == "urn:problem-type:internal"
        assert response.json()["request_id"] == response.headers["x-request-id"]
        assert "secret" not in response.text
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.message for record in failures] == ["request failed"] * 2
    assert edge(client).service.in_flight == 0


def test_a_fast_path_answers_posts_or_passes_them_on(make_client: MakeClient) -> None:
    async def refuse(*_: object) -> bytes:
        raise Problem(OVERLOADED, "No")

    def install(service: Service) -> None:
        Echo().install(service)
        service.public.add("/v1/echo")
        service.fast |= {
            "/v1/echo": fast(b'"fast"'),
            "/v1/small": fast(None),
            "/v1/waits": refuse,
        }

    client = make_client(install=install, api_keys=KEY)
    headers = {"x-api-key": KEY}
    answer = client.post("/v1/echo", content=b"anything", headers=headers)
    assert (answer.json(), answer.headers["content-type"]) == ("fast", "application/json")
    assert client.post("/v1/echo").status_code == 401  # a fast path is never public
    assert client.get("/v1/echo", headers=headers).status_code == 405
    assert client.post("/v1/small", content=b"four", headers=headers).json() == 4
    assert client.post("/v1/waits", headers=headers).status_code == 503
    assert metric(client, "http_requests_rejected_total", reason="overloaded") == 1
    route = {"route": "/v1/echo", "method": "POST", "status": "200"}
    assert metric(client, "http_requests_total", **route) == 1


def test_request_ids_are_kept_or_made(make_client: MakeClient) -> None:
    client = make_client()
    for path, method in [("/v1", "POST"), ("/nowhere", "GET"), ("/healthz", "GET")]:
        response = client.request(method, path, headers={"x-request-id": "order-7.a_B"})
        assert response.headers["x-request-id"] == "order-7.a_B"
    made = {client.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    refused = client.get("/healthz", headers={"x-request-id": "a b"}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", refused)


def test_metrics_have_the_names_of_the_contract(make_client: MakeClient) -> None:
    client = make_client()
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    families = {family.name for family in text_string_to_metric_families(response.text)}
    assert families >= CONTRACT
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    assert client.get("/metrics", headers=accept).text.endswith("# EOF\n")


def test_requests_are_counted_by_the_template_of_their_route(make_client: MakeClient) -> None:
    client = make_client(install=Echo().install)
    for name in ("a", "b"):
        client.put(f"/v1/files/{name}", content=b"")
    route = {"route": "/v1/files/{name}", "method": "PUT"}
    assert metric(client, "http_requests_total", **route, status="200") == 2
    assert metric(client, "http_request_duration_seconds_count", **route) == 2


def test_callers_cannot_invent_label_values(make_client: MakeClient) -> None:
    client = make_client()
    for path in ("/a", "/b"):
        client.get(path)
    client.request("BREW", "/a")
    unmatched = {"route": "unmatched", "status": "404"}
    assert metric(client, "http_requests_total", **unmatched, method="GET") == 2
    assert metric(client, "http_requests_total", **unmatched, method="OTHER") == 1


def test_every_request_but_probes_is_logged(
    make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stream = io.BytesIO()
    client = make_client(events=EventLog(stream), install=Echo().install, api_keys=KEY)
    headers = {"x-request-id": "r-1", "x-api-key": KEY}
    client.post("/v1/echo", json={"text": "jane"}, headers=headers)
    client.get("/healthz")
    client.get("/nowhere/jane", headers=headers)
    wait_until(lambda: stream.getvalue().count(b"\n") == 2)
    known, unknown = (json.loads(line) for line in stream.getvalue().splitlines())
    assert known["event"] == "request"
    assert (known["request_id"], known["route"]) == ("r-1", "/v1/echo")
    assert (known["method"], known["status"]) == ("POST", 200)
    assert known["duration_ms"] > 0
    assert re.fullmatch(r"[0-9a-f]{8}", known["caller"])
    assert (unknown["route"], unknown["status"]) == ("unmatched", 404)
    assert b"jane" not in stream.getvalue()
    assert KEY.encode() not in stream.getvalue()


def test_the_live_description_is_refined_by_plugins(make_client: MakeClient) -> None:
    def describe(schema: dict[str, object]) -> None:
        schema["info"] = {"title": "Refined", "version": "2"}

    client = make_client(install=lambda service: service.openapi_hooks.append(describe))
    for _ in range(2):
        assert client.get("/openapi.json").json()["info"]["title"] == "Refined"
    assert edge(client).api.generic()["info"]["title"] != "Refined"


def test_all_errors_are_described_as_problems(make_client: MakeClient) -> None:
    schema = make_client(install=Echo().install).get("/openapi.json").json()
    invalid = schema["paths"]["/v1/files/{name}"]["put"]["responses"]["422"]
    assert list(invalid["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in json.dumps(schema)


def test_every_setting_is_listed_for_operators(make_client: MakeClient) -> None:
    """Those of plugins too: they are loaded with the service. Groups of settings are in files."""
    from pydantic import BaseModel
    from pydantic_settings import BaseSettings

    make_client()
    listed = Path(".env.example").read_text()
    variables = {
        f"{settings.model_config.get('env_prefix', '')}{name}".upper()
        for settings in BaseSettings.__subclasses__()
        if settings.__module__.startswith("text2json.")
        for name, field in settings.model_fields.items()
        if field.validation_alias is None and not isinstance(field.default, BaseModel)
    }
    assert "APP_MAX_IN_FLIGHT" in variables
    assert [name for name in sorted(variables) if f"{name}=" not in listed] == []
