"""The fast path and the documented routes behave the same, and nothing makes either fail."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plugins.http_api import forget_settings, no_events
from plugins.model_api import service_environment
from starlette.testclient import TestClient

from payments_loop.api.app import create_app
from payments_loop.api.edge import Edge
from payments_loop.prediction.schemas import (
    Instance,
    decode_one,
    encode,
)

JSON = {"content-type": "application/json", "x-request-id": "same"}
PATHS = st.sampled_from(["/v1/predict", "/v1/predict/batch"])


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, TestClient]]:
    """One application, with and without its fast paths."""
    models: Path = tmp_path_factory.mktemp("equivalence")
    chosen = {"APP_RATE_LIMIT": "0", "APP_MAX_INSTANCES": "3", "APP_QUEUE_ROWS": "3"}
    with pytest.MonkeyPatch.context() as patch:
        forget_settings(patch)
        for name, value in (service_environment(models) | chosen).items():
            patch.setenv(name, value)
        app = create_app(events=no_events())
    with ExitStack() as running:
        fast = running.enter_context(TestClient(app))
        yield fast, TestClient(Edge(app.api, replace(app.service, fast={})))


def same(clients: tuple[TestClient, TestClient], path: str, body: bytes) -> int:
    """Send `body` both ways, compare, and return the status."""
    fast, slow = (client.post(path, content=body, headers=JSON) for client in clients)
    assert fast.status_code == slow.status_code
    assert fast.content == slow.content
    assert fast.headers == slow.headers
    assert fast.status_code in {200, 400, 422}
    return fast.status_code


numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.integers(min_value=10**300, max_value=10**320),
    st.sampled_from([0.1, -0.0, 3.5e38, 1e-46]),
)
good_rows = st.fixed_dictionaries(
    {"channel": st.sampled_from(["app", "terminal", "web"])},
    optional={
        "amount": st.none() | st.floats(0, 1e30) | st.integers(0, 10**20),
        "age_days": st.none() | st.floats(-1e30, 1e30),
    },
)
values = st.one_of(st.none(), st.booleans(), numbers, st.text(), st.sampled_from(["app", "web"]))
names = st.sampled_from(["amount", "age_days", "channel"]) | st.text()
rows = good_rows | st.dictionaries(names, values, max_size=5)
keys = st.none() | st.text() | st.integers() | st.text(min_size=250, max_size=260)
instances = st.fixed_dictionaries({"features": rows}, optional={"key": keys, "more": values})
documents = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
bodies = st.one_of(
    instances,
    st.fixed_dictionaries({"instances": st.lists(instances, max_size=5)}),
    documents,
)


@settings(deadline=None)
@given(good_rows, st.none() | st.text(max_size=256))
def test_valid_requests(
    clients: tuple[TestClient, TestClient], row: dict[str, object], key: str | None
) -> None:
    instance = {"features": row, "key": key}
    # JSON text with every character that UTF-8 can hold; `ensure_ascii` for those it cannot.
    body = json.dumps(instance).encode()
    status = same(clients, "/v1/predict", body)
    unpaired = key is not None and any("\ud800" <= character <= "\udfff" for character in key)
    assert status == (422 if unpaired else 200)
    batch = json.dumps({"instances": [instance] * 3}).encode()
    assert same(clients, "/v1/predict/batch", batch) == status


@settings(deadline=None, max_examples=200)
@given(PATHS, bodies)
@example("/v1/predict", {"features": {"\ud800": "\udfff"}})
@example("/v1/predict", {"features": {"amount": 10**400}})
@example("/v1/predict", {"features": {"amount": True, "channel": "web"}})
@example("/v1/predict/batch", {"instances": []})
def test_any_json(clients: tuple[TestClient, TestClient], path: str, body: object) -> None:
    same(clients, path, json.dumps(body).encode())


@settings(deadline=None)
@given(PATHS, st.binary())
@example("/v1/predict", b"\xef\xbb\xbf" + b'{"features": {"channel": "web"}}')
@example("/v1/predict", b'{"features": {"channel": "web", "amount": NaN}}')
@example("/v1/predict", b'{"features": {"channel": "web", "amount": 1e999}}')
@example("/v1/predict", b'{"features": {"channel": "web"}, "features": {"channel": "fax"}}')
@example("/v1/predict", '{"features": {"channel": "web"}}'.encode("utf-16"))
@example("/v1/predict", b"[" * 100_000)
@example("/v1/predict", b"")
def test_any_bytes(clients: tuple[TestClient, TestClient], path: str, body: bytes) -> None:
    same(clients, path, body)


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/vnd.api+json", 200),
        ("application/jsonlines", 422),
        ("text/plain", 422),
        ("", 422),
    ],
)
def test_media_types(clients: tuple[TestClient, TestClient], media_type: str, status: int) -> None:
    row = b'{"features": {"channel": "web"}}'
    headers = {"content-type": media_type, "x-request-id": "same"}
    bodies = {"/v1/predict": row, "/v1/predict/batch": b'{"instances": [%s]}' % row}
    for path, body in bodies.items():
        answers = [client.post(path, content=body, headers=headers) for client in clients]
        assert [answer.status_code for answer in answers] == [status, status]
        assert answers[0].content == answers[1].content


encodable = st.text(st.characters(exclude_categories=["Cs"]))
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(encodable, st.none() | finite | encodable), st.none() | encodable)
def test_reading_undoes_writing(features: dict[str, float | str | None], key: str | None) -> None:
    instance = Instance(features, key and key[:256])
    assert decode_one(encode(instance)) == instance
