"""Points in time as SQL sees them: whole seconds since 1970, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
AWARE = pl.Datetime("us", "UTC")


def seconds(moment: datetime) -> int:
    """The second that an aware time lies in."""
    return int(moment.timestamp() // 1)


def midnight(day: date) -> datetime:
    """The start of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def days(start: datetime, end: datetime) -> Iterator[date]:
    """The UTC days that share a moment with start <= time < end."""
    day, last = start.astimezone(UTC).date(), (end.astimezone(UTC) - TICK).date()
    while day <= last:
        yield day
        day += DAY


def epoch(name: str) -> pl.Expr:
    """A column of times as seconds, rounded down.

    Rounding keeps the order: what is known in an earlier second is known earlier.
    """
    return pl.col(name).dt.epoch("us").floordiv(1_000_000).alias(name)


def moment(name: str) -> pl.Expr:
    """The inverse of `epoch`."""
    return (pl.col(name).cast(pl.Int64) * 1_000_000).cast(AWARE).alias(name)
