"""The other end of the flow: a service that owns an index."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

JOB = "job-1"


@dataclass
class IndexService:
    """Answers like the document routes of the service.

    Attributes:
        jobs: states of the job, one per look; the last one stays.
        documents: what is in the index.
        key: API key that it insists on.
        url: where it listens.
        started: number of jobs.
    """

    jobs: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    key: str = ""
    url: str = ""
    started: int = 0

    def answer(self, method: str, path: str, key: str | None) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        if self.key and key != self.key:
            return 401, {"title": "refused", "status": 401}
        if (method, path) == ("POST", "/v1/documents/sync"):
            self.started += 1
            return 202, {"job": JOB}
        if path == f"/v1/jobs/{JOB}":
            return 200, self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]
        return 200, {"documents": self.documents}


@pytest.fixture
def index_service() -> Iterator[IndexService]:
    """A service whose job ends well: two documents, of which one could not be taken."""
    service = IndexService(
        jobs=[
            {"state": "queued", "done": 0, "total": 0, "problem": None},
            {"state": "running", "done": 1, "total": 2, "problem": None},
            {"state": "done", "done": 2, "total": 2, "problem": None},
        ],
        documents=[
            {"id": "loans.md", "chunks": 7, "problem": None},
            {"id": "scan.pdf", "chunks": 0, "problem": "no text: a scanned document"},
        ],
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            status, body = service.answer(method, self.path, self.headers.get("X-API-Key"))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield service
        server.shutdown()
        thread.join()
