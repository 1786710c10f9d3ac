"""What hostile callers send, against the real server in production mode, byte for byte."""

import hmac
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path

import pytest
from plugins.model_bundle import FEATURES, logistic_onnx, sample_features

from my_project import bundle
from my_project.api import auth
from my_project.api.problems import Problem

KEY = "correct-horse-battery-staple"  # pragma: allowlist secret
MARKER = "jane.doe@example.org"
MAX_BODY = 65_536
BODY_SECONDS = 1.0
VALID = {"features": {"amount": 12.5, "age_days": None, "channel": "web"}, "key": MARKER}


@dataclass(frozen=True)
class Answer:
    """A response as the client got it."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """The running service: its port, and the file that its log goes to."""

    port: int
    log: Path

    def raw(self, data: bytes, *, timeout: float = 10) -> Answer:
        """Send bytes as they are and read one response.

        Raises:
            http.client.HTTPException: what came back is not HTTP.
            TimeoutError: nothing came back.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(data)
            with closing(HTTPResponse(connection)) as response:
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, headers, response.read())

    def request(
        self,
        target: str = "/v1/predict",
        body: bytes | None = None,
        *,
        method: str = "POST",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request with the right key; `headers` replace the usual ones."""
        body = json.dumps(VALID).encode() if body is None else body
        fields = {
            "Host": "localhost",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-API-Key": KEY,
        } | (headers or {})
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        return self.raw("\r\n".join(lines).encode("latin-1") + body)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("abuse")
    models = folder / "models"
    models.mkdir()
    manifest = bundle.Manifest(
        version="v1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        features=FEATURES,
        threshold=0.5,
        decisions=("approve", "review"),
        metrics={},
        seed=0,
    )
    bundle.write(models, manifest, logistic_onnx(), sample_features(2000))
    bundle.Registry(models).promote("v1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("APP_")
    } | {
        "APP_ENVIRONMENT": "production",
        "APP_API_KEYS": KEY,
        "APP_MODELS_DIR": str(models),
        "APP_PORT": str(port),
        "APP_MAX_BODY_BYTES": str(MAX_BODY),
        "APP_BODY_TIMEOUT": str(BODY_SECONDS),
        "APP_DRAIN_SECONDS": "0",
        "APP_LOG_FORMAT": "json",
    }
    log = folder / "log"
    command = [sys.executable, "-m", "my_project", "serve"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=environment, stderr=stream)
    started = Server(port, log)
    try:
        wait_until_ready(started, process)
        yield started
    finally:
        process.terminate()
        process.wait(20)


def wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, server.log.read_text()
        try:
            if server.request("/readyz", b"", method="GET").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(server.log.read_text())


def assert_refused(answer: Answer, *statuses: int) -> None:
    """The answer is a problem document with one of the statuses, and tells nothing it should not."""
    assert answer.status in statuses, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == answer.status
    for secret in (KEY, MARKER, "Traceback", "site-packages", ".py"):
        assert secret.encode() not in answer.body


def assert_not_http(server: Server, request: bytes) -> None:
    """The parser refuses it, or hangs up; it is never passed on."""
    try:
        answer = server.raw(request)
    except (ConnectionError, ValueError):
        return
    assert answer.status == 400


def test_an_honest_request_is_served(server: Server) -> None:
    answer = server.request()
    assert answer.status == 200
    assert 0 <= json.loads(answer.body)["probability"] <= 1


def test_the_server_does_not_introduce_itself(server: Server) -> None:
    answer = server.request()
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "key",
    ["", KEY[:-1], KEY + "x", KEY.upper(), f"{KEY},{KEY}", "*", "' OR 1=1 --", "k" * 8000, "ÿ"],
    ids=["empty", "prefix", "longer", "case", "list", "star", "sql", "huge", "latin-1"],
)
def test_a_wrong_key_gets_the_same_answer_whatever_is_wrong(server: Server, key: str) -> None:
    refused = server.request(headers={"X-API-Key": key, "X-Request-ID": "same"})
    assert_refused(refused, 401)
    nothing_right = server.request(headers={"X-API-Key": "x", "X-Request-ID": "same"})
    assert refused.body == nothing_right.body


def test_every_known_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    constant_time = hmac.compare_digest

    def spy(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return constant_time(first, second)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    monkeypatch.setattr(auth, "compare_digest", spy, raising=False)  # however it was imported
    keys = auth.Keys(["first-key-of-two", "second-key-of-two"])
    keys.caller(b"first-key-of-two")
    assert len(compared) == 2, "the search stopped at the key that matched"
    for wrong in (None, b"", b"f", b"first-key-of-tw"):
        compared.clear()
        with pytest.raises(Problem):
            keys.caller(wrong)
        assert len(compared) == 2


def test_unknown_paths_need_a_key_too(server: Server) -> None:
    assert_refused(server.request("/admin", b"", method="GET", headers={"X-API-Key": "x"}), 401)
    assert_refused(server.request("/admin", b"", method="GET"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/v1/model/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/..%5c..%5cetc%5cpasswd",
        "/v1/model%00.json",
        "//etc/passwd",
        "/v1/model/%c0%ae%c0%ae/",
        "/%0d%0aSet-Cookie:%20stolen=1",
    ],
)
def test_no_path_leaves_the_routes(server: Server, path: str) -> None:
    answer = server.request(path, b"", method="GET")
    assert_refused(answer, 400, 404)
    assert b"root:" not in answer.body
    assert "set-cookie" not in answer.headers


def test_a_path_of_bytes_is_not_passed_on(server: Server) -> None:
    head = b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + KEY.encode()
    assert_not_http(server, head + b"\r\n\r\n")


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PROPFIND"])
def test_a_method_that_no_route_has_is_refused(server: Server, method: str) -> None:
    assert_refused(server.request(method=method), 405)


@pytest.mark.parametrize(
    "identity",
    ["a b", "x" * 200, "<script>", "\xff", "'; DROP TABLE requests; --", "a\tb", ""],
    ids=["space", "long", "markup", "byte", "sql", "tab", "empty"],
)
def test_a_request_id_is_returned_only_if_harmless(server: Server, identity: str) -> None:
    answer = server.request(headers={"X-Request-ID": identity})
    assert answer.status == 200
    returned = answer.headers["x-request-id"]
    assert returned != identity
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", returned)


@pytest.mark.parametrize(
    "header",
    [
        b"X-Request-ID: a\r\n\tSet-Cookie: stolen=1",
        b"X-Request-ID: a\nSet-Cookie: stolen=1",
        b"X-Request-ID: a\x00b",
        b"X-Request-ID : a",
    ],
    ids=["folded", "bare line feed", "null", "space before colon"],
)
def test_headers_cannot_be_injected(server: Server, header: bytes) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n"
    try:
        answer = server.raw(request)
    except (ConnectionError, ValueError):
        return
    assert answer.status in {200, 400}
    assert "set-cookie" not in answer.headers
    if answer.status == 200:
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Content-Length: 4\r\nContent-Length: 40",
        b"Content-Length: -1",
        b"Content-Length: 4, 40",
        b"Content-Length: 0x10",
        b"Transfer-Encoding: chunked, identity",
    ],
)
def test_a_request_with_an_ambiguous_end_is_not_passed_on(server: Server, lengths: bytes) -> None:
    head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + KEY.encode()
    smuggled = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert_not_http(server, head + b"\r\n" + lengths + b"\r\n\r\n0\r\n\r\n" + smuggled)


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    answer = server.request(body=b"", headers={"Content-Length": str(10 * MAX_BODY)})
    assert_refused(answer, 413)
    assert answer.headers["connection"] == "close"


def test_a_body_that_grows_too_large_is_refused(server: Server) -> None:
    head = f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {KEY}\r\n"
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    chunks = chunk * (MAX_BODY // 0x1000 + 1)
    answer = server.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
    assert_refused(answer, 413)


def test_a_body_that_never_ends_does_not_hold_the_service(server: Server) -> None:
    start = time.monotonic()
    waiting = server.request(body=b"", headers={"Content-Length": "100"})
    assert_refused(waiting, 408)
    assert BODY_SECONDS * 0.9 <= time.monotonic() - start < BODY_SECONDS + 5


def test_slow_connections_do_not_keep_others_waiting(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    try:
        for connection in slow:
            connection.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert server.request().status == 200
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x" * 500]
)
def test_other_content_types_are_refused(server: Server, kind: str) -> None:
    assert_refused(server.request(headers={"Content-Type": kind}), 415, 422)


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
    assert_refused(server.request(body=body), 400, 422)


def test_a_batch_of_more_rows_than_allowed_is_refused(server: Server) -> None:
    body = json.dumps({"instances": [{"features": {}}] * 1001}).encode()
    assert_refused(server.request("/v1/predict/batch", body), 413, 422)


def test_callers_cannot_invent_metric_labels(server: Server) -> None:
    server.request("/invented/by/a/caller", b"", method="GET")
    server.request(method="INVENTED")
    metrics = server.request("/metrics", b"", method="GET").body
    assert b"invented" not in metrics.lower()
    assert b'route="unmatched"' in metrics
    assert KEY.encode() not in metrics
    assert MARKER.encode() not in metrics


def test_the_log_is_json_and_holds_neither_keys_nor_payload(server: Server) -> None:
    server.request("/%0d%0a%7b%22level%22:%22FORGED%22%7d", b"", method="GET")
    server.request(headers={"X-Request-ID": "the-last-one"})
    deadline = time.monotonic() + 10
    while "the-last-one" not in server.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    text = server.log.read_text()
    events = [json.loads(line) for line in text.splitlines()]
    assert any(event.get("request_id") == "the-last-one" for event in events)
    assert not [event for event in events if event["level"] in {"ERROR", "FORGED"}]
    for secret in (KEY, MARKER, "DROP TABLE", "jane.doe"):
        assert secret not in text
