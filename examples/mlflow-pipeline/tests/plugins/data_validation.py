"""Five weeks of orders, large enough to compare, for the tests of the checks."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from payments_loop.lake import Batch, digest
from payments_loop.problem import Table
from payments_loop.problem.load import read_problem
from payments_loop.validation.batch import Past, judge
from payments_loop.validation.config import Config
from payments_loop.validation.examination import Examination
from payments_loop.validation.reference import Day

from .data_ingestion import (
    daily,
    make_shop,
    write_problem,
)

DAYS = 35
PER_DAY = 600
_SECONDS = 86_400


@dataclass(frozen=True)
class Weeks:
    """A table with a past, and the next day's batch."""

    table: Table
    batches: list[Batch]
    past: list[Day]

    @property
    def today(self) -> Batch:
        """The newest batch."""
        return self.batches[-1]

    def batch(self, frame: pl.DataFrame) -> Batch:
        """Other rows instead of today's."""
        return Batch(self.today.id, self.table.name, frame, self.today.arrived, digest.of(frame))


def _at_busy_hours(orders: pl.DataFrame) -> pl.DataFrame:
    """Give the day a shape, most orders around noon, so that a turned clock shows."""
    seconds = pl.col("time").dt.epoch("s") % _SECONDS
    start = pl.col("time").dt.truncate("1d")
    share = seconds / _SECONDS - 0.5
    bent = (4 * share**3 + 0.5) * (_SECONDS - 1)
    return orders.with_columns((start + pl.duration(seconds=bent.cast(pl.Int64))).alias("time"))


@pytest.fixture(scope="session")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    """Five weeks of orders, 600 a day; do not write to it."""
    problem = read_problem(write_problem(tmp_path_factory.mktemp("weeks")))
    table = problem.table("orders")
    orders = _at_busy_hours(make_shop(DAYS, PER_DAY)[0]).cast({"time": pl.Datetime("us", "UTC")})
    batches = list(daily("orders", orders, "time", DAYS))
    past = [stored(batch, table) for batch in batches[:-1]]
    return Weeks(table, batches, past)


def stored(batch: Batch, table: Table) -> Day:
    """The day of a batch as it is in the lake."""
    frame = batch.frame.select(table.visible)
    frame = frame.with_columns(known_at=pl.col(table.known_time), batch=pl.lit(batch.id))
    return Day.of(frame, (batch.arrived - timedelta(days=1)).date(), 20_000)


@pytest.fixture(scope="session")
def judged(weeks: Weeks) -> Callable[[pl.DataFrame], Examination]:
    """Judge other rows as if they had come instead of today's batch."""

    def of(frame: pl.DataFrame) -> Examination:
        return judge(weeks.batch(frame), weeks.table, Past(weeks.past[-28:]), Config())

    return of


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with the problem "shop" and files for twenty days; the working directory."""
    write_problem(tmp_path)
    orders, _ = make_shop(20, 60)
    inbox = tmp_path / "inbox" / "orders"
    inbox.mkdir(parents=True)
    (tmp_path / "inbox" / "returns").mkdir()
    for batch in daily("orders", orders, "time", 20):
        day = (batch.arrived - timedelta(days=1)).date()
        deliver(batch.frame, inbox / f"{day}.csv", batch.arrived)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("APP_LAKE_URI", raising=False)
    monkeypatch.delenv("APP_PROBLEM", raising=False)
    return tmp_path


def deliver(frame: pl.DataFrame, path: Path, arrived: datetime) -> None:
    """Write a file as if it had arrived at a time."""
    frame.write_csv(path)
    os.utime(path, (arrived.timestamp(), arrived.timestamp()))


def midnight(day: int) -> datetime:
    """Midnight UTC of a day of January 2026; 32 is the first of February."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day - 1)
