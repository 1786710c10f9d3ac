"""A database that SQLAlchemy knows, asked for one window after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from pydantic import field_validator
from sqlalchemy import DateTime, Engine, bindparam, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from payments_loop.lake import digest
from payments_loop.lake.errors import SourceError
from payments_loop.lake.types import Batch
from payments_loop.problem import ProblemError, Table
from payments_loop.problem.load import from_environment

from . import settings_of
from ._windows import Windows, batch_id

if TYPE_CHECKING:
    from payments_loop.problem import Problem


class Options(Windows):
    """Options of the kind `sql`.

    Attributes:
        url: address as SQLAlchemy writes it, better "env:NAME". Install the driver that it names.
        query: gives the rows of a window; uses :after and :until. For rows that are inserted late,
            let it select by the time of insertion.
        times: what :after and :until are: timestamps, texts in ISO 8601, or seconds since 1970.
    """

    url: str
    query: str
    times: Literal["timestamp", "iso", "epoch"] = "timestamp"

    @field_validator("query")
    @classmethod
    def _has_a_window(cls, query: str) -> str:
        if ":after" not in query or ":until" not in query:
            raise ValueError("must select by :after and :until, or every run reads everything")
        return query


def open_source(problem: Problem, table: Table, settings: Mapping[str, Any]) -> Database:
    """Open a database; it is connected to when it is asked."""
    options = settings_of(Options, settings, problem, table)
    address = from_environment(options.url)
    try:
        url = make_url(address)
        engine = create_engine(url, pool_pre_ping=True)
    except (ArgumentError, SQLAlchemyError, ModuleNotFoundError) as error:
        place = f"tables.{table.name}.source.url"
        raise ProblemError(f"{place}: {_without(str(error), address)}") from error
    return Database(engine, options)


class Database:
    """Gives the rows of a query, window by window."""

    def __init__(self, engine: Engine, options: Options) -> None:
        """Connect to nothing yet."""
        self._engine = engine
        self._options = options

    def batches(
        self,
        table: Table,
        *,
        after: datetime | None,
        until: datetime,
        known: Mapping[str, datetime],
    ) -> Iterator[Batch]:
        """Give a batch for every whole window that is complete; one without rows too."""
        try:
            for begin, end, arrived in self._options.between(after, until):
                name = batch_id(table.name, begin, end)
                if name not in known:
                    frame = self._ask(begin, end)
                    yield Batch(name, table.name, frame, arrived, digest.of_any(frame))
        finally:
            self._engine.dispose()

    def _ask(self, begin: datetime, end: datetime) -> pl.DataFrame:
        query = text(self._options.query)
        if self._options.times == "timestamp":
            # Databases without zones, such as SQLite, get UTC.
            zoned = DateTime(timezone=True)
            query = query.bindparams(
                bindparam("after", type_=zoned), bindparam("until", type_=zoned)
            )
        try:
            with self._engine.connect() as connection:
                values = {"after": self._value(begin), "until": self._value(end)}
                result = connection.execute(query, values)
                columns = list(result.keys())
                rows = [tuple(row) for row in result]
        except SQLAlchemyError as error:
            host = self._engine.url.render_as_string(hide_password=True)
            reason = str(getattr(error, "orig", None) or error).split("\n", 1)[0]
            raise SourceError(f"{host}: {reason}") from error
        return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)

    def _value(self, time: datetime) -> datetime | str | int:
        if self._options.times == "iso":
            return time.astimezone(UTC).isoformat()
        return int(time.timestamp()) if self._options.times == "epoch" else time


def _without(message: str, secret: str) -> str:
    """Keep an address, which may hold a password, out of a message."""
    return message.replace(secret, "the address").split("\n", 1)[0]
