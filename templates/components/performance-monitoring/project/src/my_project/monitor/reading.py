"""Reads from the lake what an observation looks at; everything as it was known at one moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import polars as pl

from my_project import scoring
from my_project.bundle import Bundle
from my_project.features.engines import open_engine
from my_project.lake import Lake, LakeError
from my_project.monitor.flow import Arrivals
from my_project.problem import Problem, Table

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
_OUTCOMES = pl.Schema(
    {
        "row_id": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "probability": pl.Float32(),
        "decision": pl.String(),
        "amount_at_stake": pl.Float64(),
        "target": pl.Int64(),
    }
)


def arrivals(lake: Lake, table: Table, *, as_of: datetime, days: int) -> Arrivals:
    """What a table received in the `days` whole days before a moment.

    The transaction log says when the first row of each data file became known; a file counts on
    that day, so no data is read but the newest file's.
    """
    empty = Arrivals(None, table.freshness_hours, np.zeros(days, dtype=np.int64))
    try:
        parts = lake.parts(table.name)
    except LakeError:
        return empty
    known = [(_known_on(part.first_known, part.day), part) for part in parts if part.rows]
    known = [(day, part) for day, part in known if day < as_of.date()]
    if not known:
        return empty
    first = as_of.date() - timedelta(days=days)
    daily = np.zeros(days, dtype=np.int64)
    for day, part in known:
        if day >= first:
            daily[(day - first).days] += part.rows
    newest = max(part.day for _, part in known)
    return Arrivals(_newest(lake, table, newest, as_of), table.freshness_hours, daily)


def _known_on(first_known: datetime | None, day: date) -> date:
    return day if first_known is None else first_known.astimezone(UTC).date()


def _newest(lake: Lake, table: Table, day: date, as_of: datetime) -> datetime | None:
    start = datetime.combine(day, time(), UTC)
    rows = lake.scan(table.name, start=start, end=start + DAY, known_by=as_of)
    found = rows.select(pl.col(table.event_time).max()).collect().item()
    return found if isinstance(found, datetime) else None


def label_tables(problem: Problem) -> list[str]:
    """Tables that labels are made from, besides the decisions' own."""
    text = problem.sql("labels")
    return [
        name
        for name in problem.tables
        if name != problem.spine.table and re.search(rf"\b{re.escape(name)}\b", text)
    ]


def recent(
    lake: Lake,
    *,
    as_of: datetime,
    window: timedelta,
) -> tuple[pl.DataFrame | None, bool]:
    """Scores of the days of a window; a day without any is replaced by the same day a week before.

    Without that, a day of outage would look like a drift of everything that follows the week.

    Returns:
        The rows (None if nothing was ever scored), and whether there are some for every day.
    """
    found = scoring.read(lake, start=as_of - window - WEEK, end=as_of)
    if found is None:
        return None, False
    # Days are counted back from the moment itself, which need not be midnight.
    age = ((pl.lit(as_of) - pl.col("at")).dt.total_seconds() / DAY.total_seconds()).floor()
    aged = found.with_columns(age.cast(pl.Int32).alias("age"))
    there = set(aged["age"])
    days = [back if back in there else back + WEEK.days for back in range(window.days)]
    rows = aged.filter(pl.col("age").is_in(days)).drop("age")
    return rows, all(day in there for day in days)


def outcomes(
    problem: Problem,
    lake: Lake,
    bundle: Bundle,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> pl.DataFrame:
    """What a version said about decisions with start <= at < end whose labels have matured.

    Rows that it scored as a shadow count too. Rows whose label was known when the model was made
    do not: it may have learned them.

    Returns:
        `row_id`, `at`, the entities, `probability`, `decision`, `amount_at_stake` and `target`, by
        time.
    """
    nothing = pl.DataFrame(
        schema={**_OUTCOMES, **dict.fromkeys(problem.spine.entities, pl.String())}
    )
    maturity = timedelta(days=problem.target.maturity_days)
    start = max(start, bundle.manifest.created - maturity)
    scores = scoring.read(lake, start=start, end=end, role=None) if start < end else None
    if scores is None:
        return nothing
    own = scores.filter(pl.col("model_version") == bundle.version)
    once = own.sort("role").unique("row_id", keep="first")
    amount = pl.col(problem.spine.amount) if problem.spine.amount else pl.lit(0.0)
    said = once.select(
        "row_id",
        "at",
        *problem.spine.entities,
        "probability",
        "decision",
        amount.cast(pl.Float64).alias("amount_at_stake"),
    )
    if said.is_empty():
        return nothing
    labels = open_engine().run(problem, lake, "labels", start=start, end=end, as_of=as_of)
    known = labels.filter(pl.col("known_at") <= as_of).select("row_id", "target")
    return said.join(known, on="row_id").sort("at", "row_id")


def unscored(problem: Problem, lake: Lake, *, as_of: datetime, days: int) -> dict[date, int]:
    """Decisions by day, of the whole days before a moment, where none of the day has a score.

    Days before the first that was ever scored do not count.
    """
    try:
        scored = set(lake.partitions(scoring.TABLE))
    except LakeError:
        return {}
    today = datetime.combine(as_of.date(), time(), UTC)
    engine = open_engine()
    found = {}
    for start in (today - back * DAY for back in range(1, days + 1)):
        if start.date() in scored or start.date() < min(scored):
            continue
        asked = engine.run(problem, lake, "spine", start=start, end=start + DAY, as_of=as_of)
        if asked.height:
            found[start.date()] = asked.height
    return found
