from __future__ import annotations

import pytest

from text2json.load.target import RemoteTargetError, Target


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.9.9.9"])
def test_this_machine_is_accepted(host: str) -> None:
    target = Target.parse(f"http://{host}:8000", path="/v1/ask")
    assert (target.host, target.port, target.path) == (host, 8000, "/v1/ask")


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]", "no-such-host.invalid"])
def test_other_machines_are_refused(host: str) -> None:
    with pytest.raises(RemoteTargetError, match="--allow-remote"):
        Target.parse(f"http://{host}:8000")


def test_other_machines_are_accepted_when_that_is_asked_for() -> None:
    target = Target.parse("https://192.0.2.1/x?a=1", path="/y", allow_remote=True)
    assert (target.port, target.path, target.tls) == (443, "/x?a=1", True)


@pytest.mark.parametrize("url", ["ftp://localhost", "localhost:8000", "http://", ""])
def test_addresses_that_are_not_http_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an http"):
        Target.parse(url)


def test_request_is_framed() -> None:
    target = Target("localhost", 80, "/v1", headers={"X-API-Key": "k"})
    head, _, body = target.request(b'{"a": 1}').partition(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert head.splitlines()[0] == b"POST /v1 HTTP/1.1"
    assert b"Content-Length: 8" in head.splitlines()
    assert b"X-API-Key: k" in head.splitlines()


def test_request_without_a_body_describes_none() -> None:
    text = Target("localhost", 80, "/v1", method="GET").request(b"")
    assert text == b"GET /v1 HTTP/1.1\r\nHost: localhost:80\r\n\r\n"


def test_header_cannot_smuggle_a_second_request() -> None:
    target = Target("localhost", 80, "/", headers={"X": "1\r\n\r\nGET / HTTP/1.1"})
    with pytest.raises(ValueError, match="line break"):
        target.request(b"")
