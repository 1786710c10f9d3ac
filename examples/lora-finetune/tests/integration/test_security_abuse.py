"""What hostile callers send, against the real server in production mode, byte for byte."""

import hmac
import json
import re
import socket
import time

import pytest
from plugins.security import (
    BODY_SECONDS,
    KEY,
    MAX_BODY,
    Server,
    assert_not_http,
    assert_refused,
)

from text2json.api import auth
from text2json.api.problems import Problem


def test_an_honest_request_is_served(server: Server) -> None:
    answer = server.request()
    assert answer.status == 200
    assert json.loads(answer.body)["ready"] is True


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
    assert_refused(server.request("/admin", headers={"X-API-Key": "x"}), 401)
    assert_refused(server.request("/admin"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/v1/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/..%5c..%5cetc%5cpasswd",
        "/v1%00.json",
        "//etc/passwd",
        "/v1/%c0%ae%c0%ae/",
        "/%0d%0aSet-Cookie:%20stolen=1",
    ],
)
def test_no_path_leaves_the_routes(server: Server, path: str) -> None:
    answer = server.request(path)
    assert_refused(answer, 400, 404)
    assert b"root:" not in answer.body
    assert "set-cookie" not in answer.headers


def test_a_path_of_bytes_is_not_passed_on(server: Server) -> None:
    head = b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + KEY.encode()
    assert_not_http(server, head + b"\r\n\r\n")


@pytest.mark.parametrize("method", ["TRACE", "POST", "PUT", "DELETE", "PROPFIND"])
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
    head = b"POST /v1 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + KEY.encode()
    smuggled = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert_not_http(server, head + b"\r\n" + lengths + b"\r\n\r\n0\r\n\r\n" + smuggled)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(
    server: Server, method: str
) -> None:
    answer = server.request(method=method, headers={"Content-Length": str(10 * MAX_BODY)})
    assert_refused(answer, 413)
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_grows_too_large_is_refused(server: Server, method: str) -> None:
    head = f"{method} /v1 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {KEY}\r\n"
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    chunks = chunk * (MAX_BODY // 0x1000 + 1)
    answer = server.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
    assert_refused(answer, 413)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_never_ends_does_not_hold_the_service(server: Server, method: str) -> None:
    start = time.monotonic()
    waiting = server.request(method=method, headers={"Content-Length": "100"})
    assert_refused(waiting, 408)
    assert BODY_SECONDS * 0.9 <= time.monotonic() - start < BODY_SECONDS + 60


def test_slow_connections_do_not_keep_others_waiting(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    try:
        for connection in slow:
            connection.sendall(b"POST /v1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert server.request().status == 200
    finally:
        for connection in slow:
            connection.close()


def test_callers_cannot_invent_metric_labels(server: Server) -> None:
    server.request("/invented/by/a/caller")
    server.request(method="INVENTED")
    metrics = server.request("/metrics").body
    assert b"invented" not in metrics.lower()
    assert b'route="unmatched"' in metrics
    assert KEY.encode() not in metrics


def test_the_log_is_json_and_holds_no_keys(server: Server) -> None:
    server.request("/%0d%0a%7b%22level%22:%22FORGED%22%7d")
    server.request(headers={"X-Request-ID": "the-last-one"})
    events = server.events("the-last-one")
    assert any(event.get("request_id") == "the-last-one" for event in events)
    assert not [event for event in events if event["level"] in {"ERROR", "FORGED"}]
    for secret in (KEY, "DROP TABLE"):
        assert secret not in server.log.read_text()
