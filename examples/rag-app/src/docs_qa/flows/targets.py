"""Where the index is: in this process, or behind the service that owns it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from docs_qa.documents import Library, Settings
from docs_qa.documents.library import LibraryError
from docs_qa.documents.sinks import open_sink

from .settings import FlowSettings

POLL_SECONDS = 1.0
CALL_SECONDS = 30


class UpdateError(Exception):
    """The index was not brought up to date; the message says why. Trying again may help."""


@dataclass(frozen=True)
class State:
    """What an index holds.

    Attributes:
        documents: number of documents in it.
        chunks: number of passages in it.
        problems: documents that could not be taken, with the reason.
    """

    documents: int
    chunks: int
    problems: dict[str, str]


class Target(Protocol):
    """An index that can be made equal to the folder of documents."""

    def update(self, log: Callable[[str], None]) -> None:
        """Index what is new or changed, remove what is gone.

        Raises:
            UpdateError: it could not.
        """
        ...

    def state(self) -> State:
        """What the index holds now; raises what `update` does."""
        ...


def choose(settings: FlowSettings) -> Target:
    """The target that the settings name."""
    if settings.service_url:
        key = settings.service_key.get_secret_value()
        return Remote(settings.service_url, key, settings.timeout_seconds)
    return Local(settings.folder, settings.timeout_seconds)


@dataclass(frozen=True)
class Local:
    """The index of this project, opened by this process.

    Args:
        folder: of the documents.
        seconds: longest wait for another update to end.
    """

    folder: Path
    seconds: float

    def update(self, log: Callable[[str], None]) -> None:
        """Make the library and its index equal to the folder."""
        settings = Settings()
        try:
            with Library(settings=settings) as library, open_sink(settings) as sink:
                report = library.sync(self.folder, sink, wait=self.seconds)
        except (LibraryError, OSError) as error:
            raise UpdateError(str(error)) from error
        log(
            f"{len(report.added)} added, {len(report.changed)} changed, "
            f"{len(report.removed)} removed, {len(report.skipped)} skipped"
        )

    def state(self) -> State:
        """Look into the library."""
        with Library() as library:
            entries = library.documents()
        return State(
            documents=sum(entry.revision is not None for entry in entries),
            chunks=sum(entry.chunks for entry in entries),
            problems={entry.id: entry.problem for entry in entries if entry.problem},
        )


@dataclass(frozen=True)
class Remote:
    """The index of a running service.

    Args:
        url: of the service.
        key: its API key; empty where it needs none.
        seconds: longest wait for one update.
    """

    url: str
    key: str
    seconds: float

    def update(self, log: Callable[[str], None]) -> None:
        """Start a job in the service and follow it to its end."""
        job = self._ask("POST", "/v1/documents/sync")["job"]
        give_up = time.monotonic() + self.seconds
        before = -1
        while (found := self._ask("GET", f"/v1/jobs/{job}"))["state"] in {"queued", "running"}:
            if time.monotonic() > give_up:
                raise UpdateError(f"{self.url}: job {job} took longer than {self.seconds:g} s")
            if found["done"] != before:
                before = found["done"]
                log(f"{before} of {found['total']} documents")
            time.sleep(POLL_SECONDS)
        if found["state"] != "done":
            raise UpdateError(f"{self.url}: job {job} {found['state']}: {found['problem']}")

    def state(self) -> State:
        """Ask the service."""
        documents = self._ask("GET", "/v1/documents")["documents"]
        return State(
            documents=sum(not entry["problem"] for entry in documents),
            chunks=sum(entry["chunks"] or 0 for entry in documents),
            problems={entry["id"]: entry["problem"] for entry in documents if entry["problem"]},
        )

    def _ask(self, method: str, path: str) -> dict[str, Any]:
        headers = {"X-API-Key": self.key} if self.key else {}
        request = Request(self.url + path, method=method, headers=headers)  # noqa: S310 - http(s)
        try:
            with urlopen(request, timeout=CALL_SECONDS) as response:  # noqa: S310
                answer: dict[str, Any] = json.load(response)
        except HTTPError as error:
            with error:
                raise UpdateError(f"{method} {path}: {error.read().decode()}") from error
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise UpdateError(f"{self.url}: {reason}; is the service running?") from error
        return answer
