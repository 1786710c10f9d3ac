"""What the stand-ins of vector databases share: a JSON server on this machine, and BM25."""

from __future__ import annotations

import json
import math
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Answer = tuple[int, Json, Mapping[str, str]]


class JsonHandler(BaseHTTPRequestHandler):
    """Reads requests and writes answers; subclasses say which."""

    protocol_version = "HTTP/1.1"

    def answer(self, raw: bytes) -> Answer:
        """Return status, body and headers."""
        raise NotImplementedError

    def handle_any(self) -> None:
        """Answer a request of any method."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, answer, headers = self.answer(raw)
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 (names of http.server)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the tests' output clean."""


@contextmanager
def serving(handler: type[JsonHandler], **shared: object) -> Iterator[HTTPServer]:
    """Serve on a free port of this machine; `shared` are attributes of every handler."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (handler,), shared))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def bm25(counts: Mapping[str, Counter[str]], terms: Sequence[str]) -> dict[str, float]:
    """The score of every text that has a term, by the terms that the texts consist of."""
    mean = sum(count.total() for count in counts.values()) / max(1, len(counts))
    scores: dict[str, float] = {}
    for term in terms:
        have = [key for key, count in counts.items() if count[term]]
        weight = math.log(1 + (len(counts) - len(have) + 0.5) / (len(have) + 0.5))
        for key in have:
            norm = 1.2 * (0.25 + 0.75 * counts[key].total() / mean)
            part = weight * counts[key][term] * 2.2 / (counts[key][term] + norm)
            scores[key] = scores.get(key, 0.0) + part
    return scores
