"""Which rows of a table somebody saw."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

import polars as pl
from deltalake import DeltaTable

from payments_loop.lake import delta, digest
from payments_loop.lake.reading import paths, relative
from payments_loop.lake.types import TableManifest


def describe(
    name: str,
    table: DeltaTable,
    seen: Iterable[tuple[str, pl.LazyFrame]],
    first: date | None,
    last: date | None,
) -> TableManifest:
    """Describe rows that were read from one version of a table.

    Months are read one after the other: a table need not fit into memory.

    Args:
        name: of the table.
        table: the version.
        seen: months in order, and their rows; which batch or file brought one does not count.
        first: earliest partition that was read.
        last: latest partition that was read.
    """
    facts = delta.facts(table)
    time = facts["event_time"]
    whole = hashlib.sha256()
    count = 0
    moments: list[datetime] = []
    for month, found in seen:
        rows = found.drop("batch", "day", strict=False).collect()
        if rows.is_empty():
            continue  # as if there were no file
        rows = rows.sort(facts["key"]) if facts["key"] else digest.ordered(rows)
        whole.update(f"{month} {digest.of(rows)}\n".encode())
        count += rows.height
        if time:
            moments += [rows[time].min(), rows[time].max()]
    return TableManifest(
        version=table.version(),
        files=tuple(f"{name}/{relative(path)}" for path in paths(table, first, last)),
        rows=count,
        first=min(moments, default=None),
        last=max(moments, default=None),
        sha256=whole.hexdigest(),
    )
