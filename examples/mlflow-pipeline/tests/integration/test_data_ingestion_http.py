"""An HTTP interface may be slow, broken or lying; the lake stays right."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from plugins.data_ingestion import PER_DAY, make_shop

from payments_loop.lake import Lake, SourceError, ingest
from payments_loop.lake.sources import http
from payments_loop.problem import Problem

pytestmark = pytest.mark.usefixtures("no_checks")
THIRD = datetime(2026, 1, 3, tzinfo=UTC)
Answer = Callable[[BaseHTTPRequestHandler, dict[str, str]], tuple[int, str, bytes]]


class Server(ThreadingHTTPServer):
    """Answers on a loopback port, as the test says."""

    daemon_threads = True
    answer: Answer
    requests: int = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: clients that hang up are what is tested."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/orders"


class Handler(BaseHTTPRequestHandler):
    """Asks the test for the answer."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.requests += 1
        query = {name: found[0] for name, found in parse_qs(urlsplit(self.path).query).items()}
        status, kind, body = server.answer(self, query)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
        """Stay silent."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with Server(("127.0.0.1", 0), Handler) as running:
        running.answer = rows_of_the_window
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def window(query: dict[str, str]) -> pl.DataFrame:
    orders, _ = make_shop(days=3)
    begin, end = (datetime.fromisoformat(query[name]) for name in ("after", "until"))
    return orders.filter(pl.col("time").is_between(begin, end, closed="left"))


def as_json(frame: pl.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(frame.write_json())
    return found


def rows_of_the_window(
    request: BaseHTTPRequestHandler,
    query: dict[str, str],
) -> tuple[int, str, bytes]:
    if request.headers["Authorization"] != "Bearer abc":
        return 401, "application/json", b"{}"
    return 200, "application/json", json.dumps(as_json(window(query))).encode()


@pytest.fixture
def shop(problem: Problem, server: Server, monkeypatch: pytest.MonkeyPatch) -> Problem:
    monkeypatch.setenv("SHOP_TOKEN", "Bearer abc")
    return source(problem, url=server.url)


def source(problem: Problem, **options: Any) -> Problem:
    settings = {
        "kind": "http",
        "start": "2026-01-01",
        "parameters": {"after": "{after}", "until": "{until}"},
        "headers": {"Authorization": "env:SHOP_TOKEN"},
        "timeout_seconds": 5,
        "attempts": 2,
    }
    table = problem.tables["orders"].model_copy(update={"source": settings | options})
    return problem.model_copy(update={"tables": {"orders": table}})


def again(shop: Problem, **options: Any) -> Problem:
    return source(shop, **(shop.tables["orders"].source | options))


def test_each_window_is_asked_for_once(shop: Problem, server: Server, empty_lake: Lake) -> None:
    done = ingest(shop, empty_lake, THIRD, say=None)
    assert [one.rows for one in done] == [PER_DAY, PER_DAY]
    assert ingest(shop, empty_lake, THIRD, say=None) == []
    assert server.requests == 2
    orders, _ = make_shop(days=3)
    rows = empty_lake.scan("orders").select(orders.columns).collect().sort("order_id")
    assert rows.equals(orders.head(2 * PER_DAY).sort("order_id"))


@pytest.mark.parametrize(
    ("status", "kind", "body", "message", "requests"),
    [
        (500, "text/plain", b"", "status 500", 2),
        (429, "text/plain", b"", "status 429", 2),
        (403, "text/plain", b"", "status 403", 1),
        (302, "text/plain", b"", "status 302", 1),
        (200, "text/html", b"<html>login</html>", "a web page in place of data", 1),
        (200, "application/json", b'[{"order_id": ', "the answer is no JSON", 1),
        (200, "application/json", b"\xff\xfe", "the answer is no JSON", 1),
        (200, "application/json", b'{"error": "x"}', "no list of objects", 1),
        (200, "application/json", b"[1, 2]", "no list of objects", 1),
    ],
)
def test_what_is_no_data_is_an_error_and_asked_for_again(
    shop: Problem,
    server: Server,
    empty_lake: Lake,
    *,
    status: int,
    kind: str,
    body: bytes,
    message: str,
    requests: int,
) -> None:
    server.answer = lambda _request, _query: (status, kind, body)
    with pytest.raises(SourceError, match=message) as caught:
        ingest(shop, empty_lake, THIRD, say=None)
    assert "abc" not in str(caught.value)
    assert server.requests == requests
    assert empty_lake.ledger().is_empty()
    server.answer = rows_of_the_window
    assert len(ingest(shop, empty_lake, THIRD, say=None)) == 2


def test_a_failure_after_the_first_window_keeps_the_first(
    shop: Problem,
    server: Server,
    empty_lake: Lake,
) -> None:
    def fails_later(
        request: BaseHTTPRequestHandler,
        query: dict[str, str],
    ) -> tuple[int, str, bytes]:
        first = query["after"].startswith("2026-01-01")
        return rows_of_the_window(request, query) if first else (503, "text/plain", b"")

    server.answer = fails_later
    with pytest.raises(SourceError, match="status 503"):
        ingest(shop, empty_lake, THIRD, say=None)
    assert empty_lake.ledger().height == 1


def test_an_answer_that_never_comes_is_given_up(
    shop: Problem,
    server: Server,
    empty_lake: Lake,
) -> None:
    release = threading.Event()

    def never(_request: BaseHTTPRequestHandler, _query: dict[str, str]) -> tuple[int, str, bytes]:
        release.wait(20)
        return 204, "text/plain", b""

    server.answer = never
    with pytest.raises(SourceError, match="timed out"):
        ingest(again(shop, timeout_seconds=0.2), empty_lake, THIRD, say=None)
    release.set()


def test_an_answer_that_is_cut_off_is_no_batch(
    shop: Problem,
    server: Server,
    empty_lake: Lake,
) -> None:
    def cut(request: BaseHTTPRequestHandler, query: dict[str, str]) -> tuple[int, str, bytes]:
        _, _, body = rows_of_the_window(request, query)
        request.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 99999\r\n\r\n" + body)
        request.connection.close()
        raise ConnectionAbortedError

    server.answer = cut
    with pytest.raises(SourceError, match="peer closed connection"):
        ingest(shop, empty_lake, THIRD, say=None)
    assert empty_lake.ledger().is_empty()


def test_nobody_listens(shop: Problem, empty_lake: Lake) -> None:
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1/: "):
        ingest(again(shop, url="http://127.0.0.1:1/?key=abc"), empty_lake, THIRD, say=None)


def test_a_long_answer_is_refused(
    shop: Problem,
    server: Server,
    empty_lake: Lake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "_MIB", 100)
    with pytest.raises(SourceError, match="more than 1 MiB"):
        ingest(again(shop, limit_mib=1), empty_lake, THIRD, say=None)
    assert server.requests == 1


class TestPages:
    """Answers in several parts."""

    @staticmethod
    def paged(following: Callable[[Server, int], str | None]) -> Answer:
        def answer(
            request: BaseHTTPRequestHandler, query: dict[str, str]
        ) -> tuple[int, str, bytes]:
            server = request.server
            assert isinstance(server, Server)
            page = int(query.get("page", 0))
            rows = as_json(window(query))[page * 15 : (page + 1) * 15]
            document = {"data": {"items": rows}, "next": following(server, page)}
            return 200, "application/json", json.dumps(document).encode()

        return answer

    def test_all_are_read(self, shop: Problem, server: Server, empty_lake: Lake) -> None:
        window = "after=2026-01-01T00:00:00%2B00:00&until=2026-01-02T00:00:00%2B00:00"
        server.answer = self.paged(
            lambda _server, page: f"/orders?{window}&page={page + 1}" if page < 2 else None
        )
        paged = again(shop, rows="data.items", next="next")
        done = ingest(paged, empty_lake, THIRD - timedelta(days=1), say=None)
        assert [one.rows for one in done] == [PER_DAY]
        assert server.requests == 3

    @pytest.mark.parametrize(
        ("target", "message"),
        [("http://127.0.0.1:9/x", "on another host"), ("", "was read already")],
    )
    def test_they_cannot_lead_astray(
        self,
        shop: Problem,
        server: Server,
        empty_lake: Lake,
        target: str,
        message: str,
    ) -> None:
        window = "after=2026-01-01T00%3A00%3A00%2B00%3A00&until=2026-01-02T00%3A00%3A00%2B00%3A00"
        server.answer = self.paged(lambda _server, _page: target or f"/orders?{window}")
        with pytest.raises(SourceError, match=message):
            ingest(again(shop, rows="data.items", next="next"), empty_lake, THIRD, say=None)
        assert empty_lake.ledger().is_empty()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_other_formats(shop: Problem, server: Server, empty_lake: Lake, form: str) -> None:
    def answer(_request: BaseHTTPRequestHandler, query: dict[str, str]) -> tuple[int, str, bytes]:
        frame = window(query)
        if form == "parquet":
            stream = BytesIO()
            frame.write_parquet(stream)
            return 200, "application/octet-stream", stream.getvalue()
        text = frame.write_csv() if form == "csv" else frame.write_ndjson()
        return 200, "text/plain", text.encode()

    server.answer = answer
    done = ingest(again(shop, format=form), empty_lake, THIRD, say=None)
    assert [one.rows for one in done] == [PER_DAY, PER_DAY]
    server.answer = lambda _request, _query: (200, "application/octet-stream", b"\x00\x01")
    if form != "csv":
        with pytest.raises(SourceError, match=f"no {form} in the answer"):
            ingest(again(shop, format=form), empty_lake, THIRD + timedelta(days=1), say=None)
