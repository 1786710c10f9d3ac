"""Checks of keys and times: rows that come twice, from the future, or too late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from payments_loop.lake import Batch
from payments_loop.lake.verdict import Finding
from payments_loop.problem import Table
from payments_loop.validation.config import BatchLimits, Limits


def repeats(batch: Batch, table: Table, limits: BatchLimits) -> Iterator[Finding]:
    """Rows of the batch that share a key."""
    frame, key = batch.frame, list(table.key)
    keys = frame.select(key).n_unique()
    contents = frame.select(list(table.columns)).n_unique() if keys < frame.height else keys
    same, other = frame.height - contents, contents - keys
    name, rows = ", ".join(key), frame.height
    detail = f"{same:,} rows repeat another one of the batch"
    yield from _if_bad(Finding("unique", "pass", name, detail, same, same / rows), limits.unique)
    detail = f"{other:,} rows have the key of another one, and other contents"
    one = Finding("conflicts", "pass", name, detail, other, other / rows)
    yield from _if_bad(one, limits.conflicts)


def known(
    batch: Batch,
    table: Table,
    keys: pl.DataFrame | None,
    limits: BatchLimits,
) -> Iterator[Finding]:
    """Rows that were delivered before."""
    if keys is None:
        return
    rows = batch.frame.height
    again = batch.frame.join(keys, on=list(table.key), how="semi").height
    which = "every row was" if again == rows else f"{again:,} rows ({again / rows:.1%}) were"
    detail = f"{which} delivered before, in another batch; the lake keeps the first"
    one = Finding("repeated", "pass", ", ".join(table.key), detail, again, again / rows)
    yield from _if_bad(one, limits.repeated)


def times(batch: Batch, table: Table, limits: BatchLimits) -> Iterator[Finding]:
    """Rows that happened after they arrived, and batches without anything new in them."""
    column = batch.frame[table.event_time]
    ahead = int((column > batch.arrived).sum())
    rows = batch.frame.height
    newest = column.max()
    if not isinstance(newest, datetime):
        return
    detail = (
        f"{ahead:,} rows ({ahead / rows:.1%}) happened after the batch arrived, the last one "
        f"{hours(newest - batch.arrived)} later: another clock or time zone?"
    )
    one = Finding("future", "pass", table.event_time, detail, ahead, ahead / rows)
    yield from _if_bad(one, limits.future)
    yield from stale(newest, batch.arrived, table, limits.stale)


def stale(newest: datetime, now: datetime, table: Table, limits: Limits) -> Iterator[Finding]:
    """The newest row is older than the table's `freshness_hours`."""
    if table.freshness_hours is None:
        return
    age = now - newest
    severity = limits.severity(age / timedelta(hours=table.freshness_hours))
    if severity != "pass":
        detail = f"the newest row is {hours(age)} old, of {newest:%Y-%m-%d %H:%M} UTC; "
        detail += f"usual are at most {table.freshness_hours:g} h"
        yield Finding("stale", severity, table.event_time, detail)


def _if_bad(finding: Finding, limits: Limits) -> Iterator[Finding]:
    """Give the finding the severity of its share, unless that is none."""
    severity = limits.severity(finding.share)
    if severity != "pass":
        yield replace(finding, severity=severity)


def hours(length: timedelta) -> str:
    """A length of time in hours, or days from three on."""
    if length >= timedelta(days=3):
        return f"{length / timedelta(days=1):.1f} days"
    return f"{length / timedelta(hours=1):.1f} h"
