"""Data files of a Delta table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

_TICK = timedelta(microseconds=1)
_ROUNDED = timedelta(milliseconds=1)
# Of one version of each table, by address and identity: a log that was listed does not change.
_PATHS: dict[tuple[str, str], tuple[int, list[str], list[str]]] = {}
_PARTS: dict[tuple[str, str], tuple[int, list[Part]]] = {}


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
    partitions, found = _paths(table)
    # Partitions are in the order of their days, as text too.
    start = bisect_left(partitions, f"day={first}") if first else 0
    stop = bisect_right(partitions, f"day={last}") if last else len(found)
    return found[start:stop]


def partitions(table: DeltaTable) -> list[date]:
    """Return the days that have data files, in order."""
    found, _ = _paths(table)
    return [date.fromisoformat(name.removeprefix("day=")) for name in dict.fromkeys(found)]


def _paths(table: DeltaTable) -> tuple[list[str], list[str]]:
    """Partition and path of all of them, sorted; each version's log is listed once."""
    identity = table.table_uri, str(table.metadata().id)
    version, partitions, known = _PATHS.get(identity, (-1, [], []))
    if version != table.version():
        version, found = table.version(), table.file_uris()
        # delta-rs gives the path of a local file as in a URL, with a space as %20.
        known = sorted(path if "://" in path else unquote(path) for path in found)
        partitions = [path.split("/")[-2] for path in known]
        _PATHS[identity] = version, partitions, known
    return partitions, known


def parts(table: DeltaTable, first: date | None = None, last: date | None = None) -> list[Part]:
    """Return the data files of the days from first to last with their statistics, sorted."""
    identity = table.table_uri, str(table.metadata().id)
    version, known = _PARTS.get(identity, (-1, []))
    if version != table.version():
        version, known = table.version(), _parts(table)
        _PARTS[identity] = version, known
    return [
        part
        for part in known
        if (first is None or part.day >= first) and (last is None or part.day <= last)
    ]


def _parts(table: DeltaTable) -> list[Part]:
    """All of them."""
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
    wanted = {relative(path): path for path in _paths(table)[1]}
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
