"""Whether the data arrives: freshness, volume, quarantine, and days without scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from payments_loop.monitor.finding import Findings, critical
from payments_loop.monitor.settings import (
    Flow,
    MonitorSettings,
)

Counts = NDArray[np.int64]
HOUR = 3600.0
WEEK = 7
# Volumes vary for more reasons than chance: by so many of their own spreads an ordinary one may.
SPREADS = 5.0
MAD_OF_NORMAL = 1.4826


@dataclass(frozen=True)
class Arrivals:
    """What one table received.

    Attributes:
        newest: time of its newest event; None while it is empty.
        freshness_hours: age of the newest event from which the table is stale, if one is set.
        daily: rows by the day on which they became known, oldest first; the last is yesterday.
    """

    newest: datetime | None
    freshness_hours: float | None
    daily: Counts


def examine(
    tables: Mapping[str, Arrivals],
    as_of: datetime,
    settings: MonitorSettings,
) -> Findings:
    """Judge how fresh every table is, and how much arrived yesterday and in the last week."""
    found = Findings()
    for name, table in tables.items():
        _freshness(found, name, table, as_of)
        for days in (1, WEEK):
            _volume(found, name, table.daily, days, settings)
    return found


def _freshness(found: Findings, name: str, table: Arrivals, as_of: datetime) -> None:
    if table.newest is None:
        found.problem("stale_data", name, "alarm", "the table is empty")
        return
    hours = max(0.0, (as_of - table.newest).total_seconds() / HOUR)
    found.measure("data_age_seconds", hours * HOUR, table=name)
    limit = table.freshness_hours
    if limit is None:
        return
    found.measure("data_age_limit_seconds", limit * HOUR, table=name)
    if hours > limit:
        detail = f"the newest row is {hours:.0f} hours old, {limit:.0f} are allowed"
        found.problem("stale_data", name, "alarm", detail)


def _volume(
    found: Findings,
    name: str,
    daily: Counts,
    days: int,
    settings: MonitorSettings,
) -> None:
    usual = expectation(daily, days, settings.flow)
    if usual is None:
        return
    window = f"{days}d"
    rows = int(daily[-days:].sum())
    found.measure("volume_rows", rows, table=name, window=window)
    found.measure("volume_usual_rows", usual.rows, table=name, window=window)
    share = rows / usual.rows
    limit = max(SPREADS, critical(settings.false_alarm, sides=2))
    if usual.unusual(rows, limit) and not settings.flow.least <= share <= settings.flow.most:
        detail = f"{rows} rows became known in {window}, where {usual.rows:.0f} are usual"
        found.problem("volume", f"{name} {window}", "warning", detail)


@dataclass(frozen=True)
class Usual:
    """How many rows a span of days usually brings.

    Attributes:
        rows: expected.
        dispersion: how much more they vary than a Poisson variable, as a ratio of standard
            deviations; at least 1.
    """

    rows: float
    dispersion: float

    def unusual(self, rows: int, limit: float) -> bool:
        """Whether so many rows are more than `limit` standard deviations off.

        Square roots of Poisson counts have a standard deviation of about 1/2, whatever the mean
        (Bartlett 1936), so that zero rows where 25 are usual are recognised as what they are.
        """
        return 2 * abs(sqrt(rows) - sqrt(self.rows)) > limit * self.dispersion


def expectation(daily: Counts, days: int, flow: Flow) -> Usual | None:
    """What the history before the last `days` days leads to expect of them.

    Median and median absolute deviation do not follow single bad days of the history.

    Returns:
        The expectation; None with less than a week of history, or where nothing is usual.
    """
    history = daily[-flow.history_days - days : -days]
    if len(history) < WEEK:
        return None
    typical = float(np.median(history))
    if typical == 0:
        return None
    deviation = MAD_OF_NORMAL * float(np.median(np.abs(history - typical)))
    return Usual(days * typical, max(1.0, deviation / sqrt(typical)))


def droughts(daily: Counts, days: int, flow: Flow) -> int:
    """How many of the last days brought far less than usual; 0 where few rows are usual.

    Usual is the median of the days that brought anything, so that a long drought is one.
    """
    some = daily[daily > 0]
    usual = Usual(float(np.median(some)) if len(some) else 0.0, 1.0)
    few = (int(rows) for rows in daily[-days:] if rows < flow.least * usual.rows)
    return sum(usual.unusual(rows, SPREADS) for rows in few)


def quarantine(
    batches: Sequence[tuple[str, str, datetime]],
    since: datetime,
) -> Findings:
    """Count the batches in quarantine (identifier, table, arrival), and name those that are new."""
    found = Findings()
    found.measure("quarantined_batches", len(batches))
    fresh: dict[str, list[str]] = {}
    for identifier, table, arrived in batches:
        if arrived > since:
            fresh.setdefault(table, []).append(identifier)
    for table, names in fresh.items():
        detail = f"put aside, their rows are not used: {', '.join(names)}"
        found.problem("quarantined", table, "warning", detail)
    return found


def unscored(decisions: Mapping[date, int]) -> Findings:
    """Report the decisions of days that have no scores at all."""
    found = Findings()
    found.measure("unscored_rows", sum(decisions.values()))
    if decisions:
        days = ", ".join(f"{day:%Y-%m-%d} ({rows})" for day, rows in sorted(decisions.items()))
        found.problem("unscored", "", "alarm", f"decisions without a score: {days}")
    return found
