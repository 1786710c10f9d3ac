"""Changes the documents of a running service from the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.5


class RemoteError(Exception):
    """The service cannot be reached, or refuses; the message says why."""


class Client:
    """The documents of one service.

    Args:
        url: its address.
        key: API key; empty if it wants none.

    Raises:
        RemoteError: (from every method) the service cannot be reached, or refuses.
    """

    def __init__(self, url: str, key: str = "") -> None:
        if not url.startswith(("http://", "https://")):
            raise RemoteError(f"{url} does not start with http:// or https://")
        self._url = url.rstrip("/")
        self._headers = {"X-API-Key": key} if key else {}

    def documents(self) -> list[dict[str, Any]]:
        """All documents."""
        found: list[dict[str, Any]] = self._ask("GET", "/v1/documents")["documents"]
        return found

    def sync(self) -> str:
        """Ask for a full look at the folder; return the job."""
        return str(self._ask("POST", "/v1/documents/sync")["job"])

    def put(self, file: Path) -> str:
        """Upload a file under its name; return the job."""
        path = f"/v1/documents/{quote(file.name, safe='')}"
        return str(self._ask("PUT", path, file.read_bytes(), "application/octet-stream")["job"])

    def put_url(self, url: str) -> str:
        """Have the service fetch a page; return the job."""
        body = json.dumps({"url": url}).encode()
        return str(self._ask("POST", "/v1/documents/url", body)["job"])

    def remove(self, document: str) -> None:
        """Remove a document."""
        self._ask("DELETE", f"/v1/documents/{quote(document, safe='')}")

    def follow(self, job: str) -> Iterator[dict[str, Any]]:
        """Yield what is known of a job whenever that changes, until it has ended."""
        last: dict[str, Any] = {}
        while last.get("state") not in {"done", "failed"}:
            found = self._ask("GET", f"/v1/jobs/{job}")
            if found != last:
                yield found
            else:
                time.sleep(POLL_SECONDS)
            last = found

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        media_type: str = "application/json",
    ) -> dict[str, Any]:
        headers = self._headers | ({"Content-Type": media_type} if body is not None else {})
        address = self._url + path
        request = Request(address, body, headers, method=method)  # noqa: S310 - the scheme was checked
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                content = response.read()
        except HTTPError as error:
            raise RemoteError(_explained(error)) from error
        except (URLError, TimeoutError) as error:
            reason = getattr(error, "reason", error)
            raise RemoteError(f"{self._url}: {reason}; is it running (make run)?") from error
        found: dict[str, Any] = json.loads(content) if content else {}
        return found


def _explained(error: HTTPError) -> str:
    try:
        problem = json.load(error)
        return f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
