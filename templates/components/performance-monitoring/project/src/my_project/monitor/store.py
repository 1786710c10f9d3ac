"""Observations in the lake's table `monitor`: one row per measure and problem, a partition per day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import polars as pl

from my_project.lake import Lake, LakeError
from my_project.monitor.report import (
    Alarm,
    Measure,
    Report,
)

TABLE = "monitor"
_SCHEMA = pl.Schema(
    {
        "at": pl.Datetime("us", "UTC"),
        "kind": pl.String(),
        "name": pl.String(),
        "subject": pl.String(),  # labels of a measure as JSON, or what has the problem
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "severity": pl.String(),
        "detail": pl.String(),
        "since": pl.Datetime("us", "UTC"),
    }
)
# Facts about the observation itself, stored as measures
_VERSION, _WINDOW = "champion", "window_days"


def write(lake: Lake, report: Report) -> int:
    """Store a report, replacing that of the same day; returns the version of the table."""
    facts = [Measure(_WINDOW, report.window_days)]
    if report.version is not None:
        facts.append(Measure(_VERSION, 1, {"version": report.version}))
    rows = [_measure(report.as_of, one) for one in (*facts, *report.values)]
    rows += [_problem(report.as_of, one) for one in report.problems]
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    return lake.replace(TABLE, frame, day=report.as_of.date())


def _measure(at: datetime, one: Measure) -> tuple[object, ...]:
    labels = json.dumps(dict(one.labels), sort_keys=True)
    return (at, "measure", one.name, labels, one.value, one.low, one.high, None, None, None)


def _problem(at: datetime, one: Alarm) -> tuple[object, ...]:
    return (at, "problem", one.name, one.subject, *[None] * 3, one.severity, one.detail, one.since)


def read(lake: Lake, *, start: datetime, end: datetime) -> list[Report]:
    """Reports with start <= as_of < end, oldest first."""
    try:
        rows = lake.scan(TABLE, start=start, end=end).collect()
    except LakeError:
        return []
    return [
        _report(moment, part)
        for (moment,), part in rows.sort("at", maintain_order=True).group_by(
            "at", maintain_order=True
        )
        if isinstance(moment, datetime)
    ]


def latest(lake: Lake, *, before: datetime, days: int = 7) -> Report | None:
    """The newest report before a moment, if it is not older than `days`."""
    try:
        rows = lake.scan(TABLE, start=before - timedelta(days=days), end=before)
    except LakeError:
        return None
    newest = rows.filter(pl.col("at") == pl.col("at").max()).collect()
    return None if newest.is_empty() else _report(newest["at"][0], newest)


def newest(lake: Lake) -> Report | None:
    """The newest report there is; None before the first.

    Raises:
        LakeError: the lake cannot be read.
    """
    if TABLE not in lake.tables():
        return None
    days = lake.partitions(TABLE)
    if not days:
        return None
    start = datetime.combine(days[-1], time(), UTC)
    return read(lake, start=start, end=start + timedelta(days=1))[-1]


def _report(moment: datetime, rows: pl.DataFrame) -> Report:
    values, problems, version, window = [], [], None, 0
    for row in rows.iter_rows(named=True):
        if row["kind"] == "problem":
            problems.append(
                Alarm(row["name"], row["subject"], row["severity"], row["detail"], row["since"])
            )
        elif row["name"] == _VERSION:
            version = json.loads(row["subject"])["version"]
        elif row["name"] == _WINDOW:
            window = int(row["value"])
        else:
            labels = json.loads(row["subject"])
            values.append(Measure(row["name"], row["value"], labels, row["low"], row["high"]))
    return Report(moment, window, version, tuple(values), tuple(problems))
