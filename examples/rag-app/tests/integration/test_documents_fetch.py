"""Fetching, against a server on the loopback interface and a stand-in for name resolution."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import pytest
from plugins.documents import MemorySink

from docs_qa.documents import Failure, Library, Settings
from docs_qa.documents.addresses import IPAddress
from docs_qa.documents.fetch import fetch, normalise
from docs_qa.documents.settings import Fetching

PAGE = b"<html><body><h1>Fees</h1><p>Ten cents.</p></body></html>"


class Handler(BaseHTTPRequestHandler):
    """Answers by path; notes which hosts were asked for."""

    seen: list[tuple[str, str]]

    def do_GET(self) -> None:
        """Answer."""
        self.seen.append((self.headers["Host"].split(":")[0], self.path))
        kind, _, rest = self.path[1:].partition("/")
        getattr(self, f"_{kind}", self._missing)(rest)

    def _page(self, _: str) -> None:
        self._send(200, PAGE, {"Content-Type": "text/html"})

    def _legacy(self, _: str) -> None:
        self._send(200, "caf\u00e9".encode("cp850"), {"Content-Type": "text/plain; charset=cp850"})

    def _to(self, location: str) -> None:
        self._send(302, b"", {"Location": location})

    def _loop(self, _: str) -> None:
        self._send(302, b"", {"Location": "/loop/"})

    def _image(self, _: str) -> None:
        self._send(200, b"....", {"Content-Type": "image/png"})

    def _packed(self, _: str) -> None:
        self._send(200, b"....", {"Content-Type": "text/html", "Content-Encoding": "gzip"})

    def _large(self, _: str) -> None:
        self._send(200, b"x" * 5000, {"Content-Type": "text/plain"})

    def _endless(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"x" * 1_000_000)

    def _slow(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        for _part in range(10_000):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def _missing(self, _: str) -> None:
        self._send(404, b"", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Does not print that a client went away."""

    def handle_error(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Handler.seen = []
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def resolver(**hosts: str | list[str]) -> Callable[[str, int], Awaitable[list[IPAddress]]]:
    """A resolver that knows some hosts; lists are given one after the other."""

    async def resolve(host: str, _: int) -> list[IPAddress]:
        found = hosts.get(host.partition(".")[0])
        if found is None:
            raise OSError("unknown host")
        text = found.pop(0) if isinstance(found, list) else found
        return [ip_address(part) for part in text.split()]

    return resolve


def allowed(port: int, **changes: Any) -> Fetching:
    """Settings with which the server of the tests may be reached under the name `intranet.test`."""
    return Fetching(allow_hosts=frozenset({f"intranet.test:{port}"}), **changes)


def failure(url: str, settings: Fetching, **hosts: str | list[str]) -> Failure:
    with pytest.raises(Failure) as error:
        fetch(url, settings, resolver(**hosts))
    return error.value


def test_an_allowed_host_is_fetched(port: int) -> None:
    url = f"http://intranet.test:{port}/page/?q=1"
    assert fetch(url, allowed(port), resolver(intranet="127.0.0.1")) == PAGE
    assert Handler.seen == [("intranet.test", "/page/?q=1")]


def test_text_comes_as_utf_8(port: int) -> None:
    url = f"http://intranet.test:{port}/legacy/"
    data = fetch(url, allowed(port), resolver(intranet="127.0.0.1"))
    assert data.decode() == "caf\u00e9"


@pytest.mark.parametrize(
    "addresses",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "64:ff9b::7f00:1", "8.8.8.8 127.0.0.1"],
)
def test_private_addresses_are_not_reached(port: int, addresses: str) -> None:
    settings = Fetching(ports=frozenset({port}))
    error = failure(f"http://evil.test:{port}/page/", settings, evil=addresses)
    assert error.reason == "forbidden"
    assert Handler.seen == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"],
)
def test_loopback_under_any_name_is_not_reached(port: int, host: str) -> None:
    settings = Fetching(ports=frozenset({port}))
    with pytest.raises(Failure) as error:
        fetch(f"http://{host}:{port}/page/", settings)
    assert error.value.reason in ("forbidden", "unreachable")
    assert Handler.seen == []


def test_other_ports_are_not_reached(port: int) -> None:
    assert failure(f"http://evil.test:{port}/", Fetching(), evil="8.8.8.8").reason == "forbidden"
    assert failure("https://evil.test:22/", Fetching(), evil="8.8.8.8").reason == "forbidden"


def test_the_address_that_was_checked_is_the_one_connected_to(port: int) -> None:
    # A name server that answers with a harmless address first, and with another one afterwards
    answers = ["127.0.0.1", "10.0.0.1"]
    url = f"http://intranet.test:{port}/page/"
    assert fetch(url, allowed(port), resolver(intranet=answers)) == PAGE
    assert answers == ["10.0.0.1"]  # it was asked once


def test_redirects_are_followed_and_checked(port: int) -> None:
    base = f"http://intranet.test:{port}"
    hosts: dict[str, str | list[str]] = {"intranet": "127.0.0.1", "evil": "127.0.0.1"}
    assert fetch(f"{base}/to//page/", allowed(port), resolver(**hosts)) == PAGE
    for location, reason in (
        (f"http://evil.test:{port}/page/", "forbidden"),
        (f"http://127.0.0.1:{port}/page/", "forbidden"),
        ("file:///etc/passwd", "url"),
        ("gopher://evil.test/", "url"),
    ):
        hosts["127"] = "127.0.0.1"
        Handler.seen.clear()
        assert failure(f"{base}/to/{location}", allowed(port), **hosts).reason == reason
        assert [path[:4] for _, path in Handler.seen] == ["/to/"]
    assert "redirects" in failure(f"{base}/loop/", allowed(port, redirects=3), **hosts).problem


def test_a_rebinding_between_redirects_is_seen(port: int) -> None:
    settings = Fetching(ports=frozenset({port}), allow_hosts=frozenset({f"first.test:{port}"}))
    url = f"http://first.test:{port}/to/http://rebind.test:{port}/page/"
    error = failure(url, settings, first="127.0.0.1", rebind=["127.0.0.1"])
    assert error.reason == "forbidden"


@pytest.mark.parametrize(
    ("path", "changes", "reason"),
    [
        ("image/", {}, "unsupported"),
        ("packed/", {}, "unsupported"),
        ("none/", {}, "unreachable"),
        ("large/", {"max_bytes": 1000}, "too-large"),
        ("endless/", {"max_bytes": 10_000}, "too-large"),
        ("slow/", {"seconds": 0.5}, "timeout"),
    ],
)
def test_limits(port: int, path: str, changes: dict[str, Any], reason: str) -> None:
    url = f"http://intranet.test:{port}/{path}"
    assert failure(url, allowed(port, **changes), intranet="127.0.0.1").reason == reason


def test_a_resolver_that_hangs_is_given_up() -> None:
    async def hang(*_: Any) -> list[IPAddress]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(Failure) as error:
        fetch("http://slow.test/", Fetching(seconds=0.1), hang)
    assert error.value.reason == "timeout"


def test_what_cannot_be_reached(port: int) -> None:
    assert failure("http://unknown.test/", Fetching()).reason == "unreachable"
    settings = Fetching(allow_hosts=frozenset({"intranet.test"}))
    assert (
        failure("http://intranet.test:1/", settings, intranet="127.0.0.1").reason == "unreachable"
    )
    # TLS to a server that does not speak it
    url = f"https://intranet.test:{port}/page/"
    assert failure(url, settings, intranet="127.0.0.1").reason == "unreachable"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "example.org",
        "http://",
        "http://user:secret@example.org/",  # pragma: allowlist secret
        "http://example.org:99999/",
        "http://[::1/",
        "http://example.org/a b",
        "http://example.org/" + "a" * 1000,
    ],
)
def test_what_is_no_url_for_this(url: str) -> None:
    with pytest.raises(Failure) as error:
        normalise(url)
    assert error.value.reason == "url"
    assert "secret" not in error.value.problem


def test_urls_are_kept_in_one_form() -> None:
    assert normalise(" HTTP://Example.ORG:80?q=1#top ") == "http://example.org/?q=1"
    assert normalise("https://example.org:8443/a") == "https://example.org:8443/a"


def test_a_page_becomes_a_document(
    port: int, documents_settings: Settings, memory_sink: MemorySink
) -> None:
    fetching = Fetching(allow_hosts=frozenset({f"localhost:{port}"}))
    settings = documents_settings.model_copy(update={"fetch": fetching})
    url = f"http://localhost:{port}/page/"
    with Library(settings=settings) as library:
        assert library.put_url(f"{url}#fees", memory_sink).added == [url]
        assert library.put_url(url, memory_sink).unchanged == [url]
        entry = library.document(url)
    assert entry is not None
    assert (entry.source, entry.kind, entry.title) == ("url", "html", "Fees")
    assert memory_sink.texts(url) == ["Ten cents."]
