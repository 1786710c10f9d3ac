"""Data files of a Delta table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

_TICK = timedelta(microseconds=1)
_ROUNDED = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Part:
    """One data file, as the transaction log describes it.

    Attributes:
        path: absolute path or address.
        day: its partition.
        rows: number of rows.
        first_known: no row was known earlier; None where the table does not say.
        last_known: no row was known later.
    """

    path: str
    day: date
    rows: int
    first_known: datetime | None
    last_known: datetime | None


def days(start: datetime | None, end: datetime | None) -> tuple[date | None, date | None]:
    """Return the first and last partition that hold event times from start up to before end."""
    first = start.astimezone(UTC).date() if start else None
    last = (end.astimezone(UTC) - _TICK).date() if end else None
    return first, last


def paths(table: DeltaTable, first: date | None = None, last: date | None = None) -> list[str]:
    """Return the data files of the days from first to last, both included, sorted."""
    bounds = [("day", op, str(day)) for op, day in ((">=", first), ("<=", last)) if day]
    found = table.file_uris(file_pruning_predicate=bounds or None)
    # delta-rs gives the path of a local file as in a URL, with a space as %20.
    return sorted(path if "://" in path else unquote(path) for path in found)


def parts(table: DeltaTable, first: date | None = None, last: date | None = None) -> list[Part]:
    """Return the data files of the days from first to last with their statistics, sorted."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    if actions.is_empty():
        return []
    known = {
        "first_known": pl.col("min.known_at").dt.truncate("1ms"),
        # Statistics may be cut to milliseconds.
        "last_known": pl.col("max.known_at").dt.truncate("1ms") + _ROUNDED,
    }
    if "min.known_at" not in actions.columns:
        known = {name: pl.lit(None) for name in known}
    wanted = {relative(path): path for path in paths(table, first, last)}
    listed = actions.select(
        "path",
        day=pl.col("partition.day").cast(pl.Date),
        rows=pl.col("num_records").cast(pl.Int64),
        **known,
    )
    rows = listed.filter(pl.col("path").is_in(list(wanted))).sort("path").to_dicts()
    return [Part(**row | {"path": wanted[row["path"]]}) for row in rows]


def relative(path: str) -> str:
    """Return partition and name of a data file: its path within the table."""
    return "/".join(path.split("/")[-2:])
