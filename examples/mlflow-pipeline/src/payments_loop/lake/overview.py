"""A line per table: how much there is, how new it is, what was put aside."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from payments_loop.lake.store import Lake
from payments_loop.problem import Problem, Table

Line = tuple[str, int | None, int, datetime | None, datetime | None, int, int, str]


def overview(problem: Problem, lake: Lake, as_of: datetime) -> list[Line]:
    """Describe all tables, those of the problem first.

    Args:
        problem: its tables are listed even if nothing was taken for them yet.
        lake: what is described.
        as_of: the time at which freshness is judged.

    Returns:
        Name, version, rows, newest event, newest arrival, batches taken, batches in quarantine,
        and a remark: "STALE" when new rows are overdue.
    """
    ledger = lake.ledger()
    derived = [name for name in lake.tables() if name not in problem.tables]
    lines = [_line(lake, name, ledger, as_of, problem.tables[name]) for name in problem.tables]
    return lines + [_line(lake, name, ledger, as_of, None) for name in derived]


def _line(
    lake: Lake,
    name: str,
    ledger: pl.DataFrame,
    as_of: datetime,
    table: Table | None,
) -> Line:
    batches = ledger.filter(pl.col("table") == name)
    aside = batches.filter(pl.col("state") == "quarantined").height
    taken = batches.height - aside
    arrival = batches["arrived"].max()
    last = arrival if isinstance(arrival, datetime) else None
    if name not in lake.tables():
        return name, None, 0, None, last, taken, aside, "nothing taken yet"
    rows = lake.scan(name).select(pl.len()).collect().item()
    newest = None
    if table is not None:
        newest = lake.scan(name).select(pl.col(table.event_time).max()).collect().item()
    version = lake.version(name)
    remark = _remark(table, newest, as_of)
    return name, version, rows, newest, last, taken, aside, remark


def _remark(table: Table | None, newest: datetime | None, as_of: datetime) -> str:
    if table is None:
        return "derived"
    if table.freshness_hours is None or newest is None:
        return ""
    age = as_of - newest
    if age <= timedelta(hours=table.freshness_hours):
        return ""
    hours = age.total_seconds() / 3600
    return f"STALE: {hours:,.0f} h old, {table.freshness_hours:g} h allowed"
