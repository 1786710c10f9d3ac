"""An HTTP interface, asked for one window after the other."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import httpx
import polars as pl
from pydantic import Field

from payments_loop.lake import digest
from payments_loop.lake.errors import SourceError
from payments_loop.lake.types import Batch
from payments_loop.problem import Table
from payments_loop.problem.load import from_environment

from . import settings_of
from ._windows import Windows, batch_id

if TYPE_CHECKING:
    from payments_loop.problem import Problem

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MIB = 1024 * 1024


class Options(Windows):
    """Options of the kind `http`.

    Attributes:
        url: address; "{after}" and "{until}" in it and in `parameters` become ISO 8601 times.
        parameters: of the query string.
        headers: such as { Authorization = "env:NAME" }.
        format: of the answer.
        rows: where in a JSON answer the list of rows is, e.g. "data.items"; empty: it is the list.
        next: where in a JSON answer the address of the next page is, on the same host; empty: there
            are no pages.
        timeout_seconds: for each connection, and between two pieces of an answer.
        attempts: how often a failing request is made before the run gives up.
        limit_mib: a longer answer is refused.
    """

    url: str
    parameters: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    format: Literal["json", "jsonl", "csv", "parquet"] = "json"
    rows: str = ""
    next: str = ""
    timeout_seconds: float = Field(default=30, gt=0)
    attempts: int = Field(default=4, ge=1, le=10)
    limit_mib: int = Field(default=256, ge=1)


def open_source(problem: Problem, table: Table, settings: Mapping[str, Any]) -> Interface:
    """Open an interface; it is connected to when it is asked."""
    return Interface(settings_of(Options, settings, problem, table))


class Interface:
    """Gives the answers to a request, window by window."""

    def __init__(self, options: Options) -> None:
        """Connect to nothing yet."""
        self._options = options

    def batches(
        self,
        table: Table,
        *,
        after: datetime | None,
        until: datetime,
        known: Mapping[str, datetime],
    ) -> Iterator[Batch]:
        """Give a batch for every whole window that is complete; one without rows too.

        An interface that does not answer, or with something else than rows, is an error of this
        run and not a bad batch: the same window is asked for again by the next run.
        """
        headers = {name: from_environment(text) for name, text in self._options.headers.items()}
        with httpx.Client(headers=headers, timeout=self._options.timeout_seconds) as client:
            for begin, end, arrived in self._options.between(after, until):
                name = batch_id(table.name, begin, end)
                if name not in known:
                    frame = self._window(client, begin, end)
                    yield Batch(name, table.name, frame, arrived, digest.of_any(frame))

    def _window(self, client: httpx.Client, begin: datetime, end: datetime) -> pl.DataFrame:
        times = {"after": begin.isoformat(), "until": end.isoformat()}
        options = self._options
        parameters = {name: _filled(text, times) for name, text in options.parameters.items()}
        url = httpx.URL(_filled(from_environment(options.url), times))
        if parameters:
            url = url.copy_merge_params(parameters)
        if options.format != "json":
            return self._table(_body(client, url, options), url)
        return self._pages(client, url)

    def _table(self, content: bytes, url: httpx.URL) -> pl.DataFrame:
        stream = io.BytesIO(content)
        if not content:
            return pl.DataFrame()
        try:
            if self._options.format == "parquet":
                return pl.read_parquet(stream)
            if self._options.format == "jsonl":
                return pl.read_ndjson(stream, infer_schema_length=None)
            return pl.read_csv(stream, infer_schema=False)
        except (pl.exceptions.PolarsError, OSError, ValueError) as error:
            raise SourceError(f"{_place(url)}: no {self._options.format} in the answer") from error

    def _pages(self, client: httpx.Client, url: httpx.URL) -> pl.DataFrame:
        """Follow the pages of a JSON answer, on the host that was configured."""
        rows: list[dict[str, Any]] = []
        seen = {url}
        while True:
            try:
                document = json.loads(_body(client, url, self._options))
            except ValueError as error:
                raise SourceError(f"{_place(url)}: the answer is no JSON") from error
            page = _at(document, self._options.rows)
            if not isinstance(page, list) or not all(isinstance(row, dict) for row in page):
                where = self._options.rows or "the answer"
                raise SourceError(f"{_place(url)}: {where} is no list of objects")
            rows += page
            following = _at(document, self._options.next) if self._options.next else None
            if not following:
                return pl.DataFrame(rows, infer_schema_length=None)
            target = url.join(str(following))
            if (target.scheme, target.netloc) != (url.scheme, url.netloc):
                # The headers may hold a secret that is meant for this host only.
                raise SourceError(f"{_place(url)}: the next page is on another host")
            if target in seen:
                raise SourceError(f"{_place(url)}: the next page is one that was read already")
            seen.add(target)
            url = target


def _body(client: httpx.Client, url: httpx.URL, options: Options) -> bytes:
    """Get an answer; what may be a passing trouble is tried again after growing pauses."""
    reason = ""
    for attempt in range(options.attempts):
        if attempt:
            time.sleep(min(0.5 * 2 ** (attempt - 1), 8.0))
        try:
            with client.stream("GET", url) as response:
                if response.status_code == httpx.codes.OK:
                    return _limited(response, options.limit_mib)
                reason = f"status {response.status_code}"
                if response.status_code not in _TRY_AGAIN:
                    break
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
        except httpx.DecodingError as error:
            reason = str(error)
            break
    raise SourceError(f"{_place(url)}: {reason}")


def _limited(response: httpx.Response, limit_mib: int) -> bytes:
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html"):
        raise SourceError(f"{_place(response.url)}: a web page in place of data")
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > limit_mib * _MIB:
            raise SourceError(f"{_place(response.url)}: more than {limit_mib} MiB")
    return bytes(content)


def _filled(text: str, times: Mapping[str, str]) -> str:
    for name, value in times.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _at(document: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _place(url: httpx.URL) -> str:
    """Name an address without its query and credentials."""
    return f"{url.scheme}://{url.host}{url.path}"
