"""Cross encoders: a server, or an object of the user's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.cross_encoders import BaseCrossEncoder

from docs_qa.store import SearchSettings, StoreError, StoreSettings
from docs_qa.store.rerank import RerankServer, open_cross_encoder

PAIRS = [("q", "a long passage"), ("q", "short"), ("q", "mid size")]


class Handler(BaseHTTPRequestHandler):
    """Scores passages by their length, in the order of the score, as such servers do."""

    seen: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Answer, or fail where the path says so."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(body | {"authorization": self.headers.get("Authorization")})
        scores = {i: len(text) / 100 for i, text in enumerate(body["documents"])}
        if self.path == "/few":
            scores.popitem()
        order = sorted(scores, key=lambda i: -scores[i])
        answer = {"results": [{"index": i, "relevance_score": scores[i]} for i in order]}
        content = b"no JSON" if self.path == "/broken" else json.dumps(answer).encode()
        self.send_response(500 if self.path == "/failing" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a re-ranking server, and the requests that it saw."""
    seen: list[dict[str, Any]] = []
    handler = type("Handler", (Handler,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", seen
        running.shutdown()
        thread.join()


class Own(BaseCrossEncoder):
    """A user's own."""

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        """Score nothing."""
        return [0.0 for _ in text_pairs]


def make_own() -> BaseCrossEncoder:
    return Own()


def make_something_else() -> object:
    return object()


def test_scores_come_back_in_the_order_of_the_passages(
    server: tuple[str, list[dict[str, Any]]],
) -> None:
    url, seen = server
    assert RerankServer(f"{url}/rerank", "model", "made-up").score(PAIRS) == [0.14, 0.05, 0.08]
    assert seen == [
        {
            "model": "model",
            "query": "q",
            "documents": [passage for _, passage in PAIRS],
            "authorization": "Bearer made-up",
        }
    ]
    assert RerankServer(url).score([]) == []


@pytest.mark.parametrize("path", ["/failing", "/broken", "/few"])
def test_wrong_answers_are_explained(
    server: tuple[str, list[dict[str, Any]]],
    path: str,
) -> None:
    with pytest.raises(StoreError, match=f"re-ranking server .*{path}"):
        RerankServer(server[0] + path).score(PAIRS)


def test_a_server_that_is_not_there_is_explained() -> None:
    with pytest.raises(StoreError, match="re-ranking server"):
        RerankServer("http://127.0.0.1:9/rerank", timeout=1).score(PAIRS)


def test_the_configured_one_is_opened(store_settings: StoreSettings) -> None:
    def opened(where: str) -> BaseCrossEncoder | None:
        search = SearchSettings(rerank="cross-encoder", cross_encoder=where)
        return open_cross_encoder(search, store_settings)

    assert open_cross_encoder(SearchSettings(), store_settings) is None
    assert isinstance(opened("https://reranker/v1/rerank"), RerankServer)
    assert type(opened(f"{__name__}:make_own")).__name__ == "Own"
    for wrong in ("", "no.such.module:x", "json:nothing", "json"):
        with pytest.raises(StoreError, match="neither a URL nor"):
            opened(wrong)
    with pytest.raises(StoreError, match="does not return"):
        opened(f"{__name__}:make_something_else")
