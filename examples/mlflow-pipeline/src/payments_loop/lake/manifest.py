"""Which rows of a table somebody saw."""

from __future__ import annotations

from datetime import date

import polars as pl
from deltalake import DeltaTable

from payments_loop.lake import delta, digest
from payments_loop.lake.reading import paths, relative
from payments_loop.lake.types import TableManifest


def describe(
    name: str,
    table: DeltaTable,
    seen: pl.DataFrame,
    first: date | None,
    last: date | None,
) -> TableManifest:
    """Describe rows that were read from one version of a table.

    Args:
        name: of the table.
        table: the version.
        seen: the rows; which batch or file brought one does not count.
        first: earliest partition that was read.
        last: latest partition that was read.
    """
    facts = delta.facts(table)
    rows = seen.drop("batch", "day", strict=False)
    rows = rows.sort(facts["key"]) if facts["key"] else digest.ordered(rows)
    time = facts["event_time"]
    return TableManifest(
        version=table.version(),
        files=tuple(f"{name}/{relative(path)}" for path in paths(table, first, last)),
        rows=rows.height,
        first=rows[time].min() if time else None,
        last=rows[time].max() if time else None,
        sha256=digest.of(rows),
    )
