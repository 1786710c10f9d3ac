"""The days that a batch is compared with, out of the lake."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    from payments_loop.lake import Lake
    from payments_loop.problem import Table

INDEX = "day_index"
"""Column of `Reference.frame`: position of the row's day."""

Files = frozenset[str]
FilesOfDays = Mapping[date, Files]

_CACHED_DAYS = 512
_PARTITION = re.compile(r"/day=(\d{4}-\d{2}-\d{2})/")


@dataclass(frozen=True)
class Day:
    """One day of a table as it is in the lake, or a sample of it.

    Attributes:
        on: its date by event time, UTC.
        frame: rows with the table's columns and `known_at` and `batch`.
        step: 1 if all rows are there, n for every n-th.
        delivery: share of the rows that came with the batch that brought most of them.
    """

    on: date
    frame: pl.DataFrame
    step: int
    delivery: float

    @classmethod
    def of(cls, frame: pl.DataFrame, day: date, rows: int) -> Day:
        """Keep about ``rows`` of the rows of a day, spread evenly over it."""
        step = max(1, frame.height // rows)
        counts = frame["batch"].value_counts()["count"]
        delivery = float(counts.max() or 0) / max(frame.height, 1)  # type: ignore[arg-type]
        return cls(day, frame.gather_every(step) if step > 1 else frame, step, delivery)


class Reference:
    """The days before a batch.

    Attributes:
        dates: the days with rows, ascending.
        weekdays: Monday is 0, shape [days].
        rows: how many rows each had, shape [days].
        deliveries: share of each day's rows that came with its largest batch, shape [days].
        frame: all rows, or samples of them, with the column `INDEX`.
        index: that column, shape [rows].
    """

    def __init__(self, days: Sequence[Day], known_by: datetime) -> None:
        """Join days, leaving out what was not known at a time.

        Args:
            days: in ascending order.
            known_by: usually the arrival of the batch that is judged.
        """
        every = np.repeat(np.arange(len(days)), [day.frame.height for day in days])
        nothing = pl.DataFrame(schema={"known_at": pl.Datetime("us", "UTC")})
        rows = pl.concat([day.frame for day in days] or [nothing])
        numbered = rows.lazy().with_columns(pl.Series(INDEX, every, pl.Int32))
        rows = numbered.filter(pl.col("known_at") <= known_by).collect()
        counts = np.bincount(rows[INDEX].to_numpy(), minlength=len(days))
        kept = np.flatnonzero(counts).tolist()
        # Positions among the days that have rows.
        index = np.searchsorted(kept, rows[INDEX].to_numpy())
        self.dates = [days[i].on for i in kept]
        self.weekdays = np.array([day.weekday() for day in self.dates], dtype=np.int64)
        self.rows = np.array([counts[i] * days[i].step for i in kept], dtype=np.int64)
        self.deliveries = np.array([days[i].delivery for i in kept], dtype=np.float64)
        self.index: NDArray[np.int64] = index.astype(np.int64)
        self.frame = rows.with_columns(pl.Series(INDEX, self.index, pl.Int32))

    def __len__(self) -> int:
        """How many days there are."""
        return len(self.dates)


class DayCache:
    """Days that were read from lakes. Data files never change, so a day is read again only when
    it has other files. The oldest days are forgotten.
    """

    def __init__(self, capacity: int = _CACHED_DAYS) -> None:
        """Start empty; ``capacity`` is in days of one table."""
        self._capacity = capacity
        self._days: OrderedDict[tuple[str, str, date], tuple[Files, Day]] = OrderedDict()

    def days(self, lake: Lake, table: Table, files: FilesOfDays, rows_per_day: int) -> list[Day]:
        """Return days in ascending order, reading only what is new.

        Args:
            lake: where the table is.
            table: which one.
            files: what each of the days consists of, as by `files_of_days`.
            rows_per_day: of larger days a sample of about this size.
        """
        stale = [day for day, paths in files.items() if self._known(lake, table, day) != paths]
        if stale:
            self._read(lake, table, files, stale, rows_per_day)
        return [self._days[lake.uri, table.name, day][1] for day in sorted(files)]

    def _known(self, lake: Lake, table: Table, day: date) -> Files | None:
        key = (lake.uri, table.name, day)
        if key not in self._days:
            return None
        self._days.move_to_end(key)
        return self._days[key][0]

    def _read(
        self,
        lake: Lake,
        table: Table,
        files: FilesOfDays,
        stale: list[date],
        rows_per_day: int,
    ) -> None:
        wanted = [*table.visible, "day", "known_at", "batch"]
        rows = lake.scan(table.name, start=_midnight(min(stale)), end=_midnight(max(stale), 1))
        frame = rows.select(wanted).filter(pl.col("day").is_in(stale)).collect()
        parts = {key[0]: part for key, part in frame.partition_by("day", as_dict=True).items()}
        for day in stale:
            part = parts.get(day, frame.clear()).drop("day")
            self._days[lake.uri, table.name, day] = files[day], Day.of(part, day, rows_per_day)
        while len(self._days) > max(self._capacity, len(files)):
            self._days.popitem(last=False)


def files_of_days(lake: Lake, table: Table, first: date, end: date) -> FilesOfDays:
    """Return the data files of the days first <= day < end that have rows."""
    from payments_loop.lake import LakeError

    try:
        paths = lake.files(table.name, start=first, end=end)
    except LakeError:  # nothing was ever taken for this table
        return {}
    days: dict[date, set[str]] = {}
    for path in paths:
        if partition := _PARTITION.search(path):
            days.setdefault(date.fromisoformat(partition[1]), set()).add(path)
    return {day: frozenset(files) for day, files in days.items()}


def known_keys(lake: Lake, table: Table, days: Iterable[date], *, but: str) -> pl.DataFrame | None:
    """Read the keys that the lake has for some days; None without any day.

    Args:
        lake: where the table is.
        table: which one.
        days: days that have rows.
        but: id of a batch whose rows are left out, because it is the one in question.
    """
    wanted = sorted(days)
    if not wanted:
        return None
    rows = lake.scan(table.name, start=_midnight(wanted[0]), end=_midnight(wanted[-1], 1))
    return rows.filter(pl.col("batch") != but).select(table.key).collect()


def _midnight(day: date, later: int = 0) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=later)
