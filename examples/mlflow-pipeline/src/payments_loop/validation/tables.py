"""Whether the tables of the lake are fresh enough to go on with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from payments_loop.lake.verdict import Finding, Verdict
from payments_loop.validation.config import Limits
from payments_loop.validation.identity import stale

if TYPE_CHECKING:
    from payments_loop.lake import Lake
    from payments_loop.problem import Problem, Table

_SEARCHED = timedelta(days=60)


def judge_tables(problem: Problem, lake: Lake, as_of: datetime, limits: Limits) -> Verdict:
    """Judge the age of the newest row of every table that has `freshness_hours`.

    Args:
        problem: names the tables.
        lake: where they are.
        as_of: now; what was not known by then does not count.
        limits: ages that matter, in multiples of the table's `freshness_hours`.
    """
    tables = [table for table in problem.tables.values() if table.freshness_hours is not None]
    found = (finding for table in tables for finding in _judge(table, lake, as_of, limits))
    return Verdict(tuple(found))


def _judge(table: Table, lake: Lake, as_of: datetime, limits: Limits) -> Iterator[Finding]:
    newest = _newest(table, lake, as_of)
    if newest is not None:
        for finding in stale(newest, as_of, table, limits):
            yield _of_table(finding, table)
        return
    severity = limits.severity(float("inf"))
    if severity != "pass":
        detail = f"{table.name}: no rows in the lake that were known by {as_of:%Y-%m-%d %H:%M} UTC"
        yield Finding("stale", severity, table.event_time, detail)


def _newest(table: Table, lake: Lake, as_of: datetime) -> datetime | None:
    """The newest event; first among the last weeks, so that old files are rarely read."""
    from payments_loop.lake import LakeError

    for start in (as_of - _SEARCHED, None):
        try:
            rows = lake.scan(table.name, start=start, end=as_of, known_by=as_of)
        except LakeError:  # nothing was ever taken for this table
            return None
        newest = rows.select(pl.col(table.event_time).max()).collect().item()
        if isinstance(newest, datetime):
            return newest
    return None


def _of_table(finding: Finding, table: Table) -> Finding:
    detail = f"{table.name}: {finding.detail}"
    return Finding(finding.check, finding.severity, finding.column, detail)
