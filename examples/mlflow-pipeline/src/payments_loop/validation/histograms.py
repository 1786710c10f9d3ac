"""Columns as counts per bin: of a batch, and of every day of its reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop.validation.reference import Reference

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

TENTHS = 10
CATEGORIES = 50
"""Text with more different values than this has no distribution worth comparing."""

HOURS = tuple(f"{hour:02d}" for hour in range(24))


@dataclass(frozen=True)
class Histogram:
    """Rows per bin.

    Attributes:
        labels: of the bins, for a person.
        batch: rows of the batch, shape [bins].
        days: rows of every day of the reference, shape [days, bins].
        code: bins of another column's values by the same rule, for comparing columns.
    """

    labels: tuple[str, ...]
    batch: Floats
    days: Floats
    code: Callable[[pl.Series], Codes]

    @property
    def reference(self) -> Floats:
        """Rows per bin of all days, shape [bins]."""
        pooled: Floats = self.days.sum(axis=0)
        return pooled

    @property
    def bins(self) -> int:
        """Bins that the reference has rows in."""
        return int(np.count_nonzero(self.reference))

    def counts(self, column: pl.Series) -> Floats:
        """Count the rows of a column, shape [bins]."""
        return _counted(self.code(column), len(self.labels))


def numeric(column: pl.Series, reference: Reference) -> Histogram | None:
    """Bin a number by the tenths of its reference, with a bin for nulls; None if it has no values."""
    before = reference.frame[column.name].cast(pl.Float64)
    present = _finite(before)
    if not present.size:
        return None
    edges = np.unique(np.quantile(present, np.arange(1, TENTHS) / TENTHS))
    last = len(edges) + 1

    def code(values: pl.Series) -> Codes:
        numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
        # Right of an edge: a value that fills several tenths gets a bin of its own.
        return np.where(np.isnan(numbers), last, np.searchsorted(edges, numbers, side="right"))

    return _histogram((*_intervals(edges), "null"), column, before, reference, code)


def categorical(column: pl.Series, reference: Reference) -> Histogram | None:
    """Count each value, with bins for new ones and nulls; None if there are too many values."""
    before = _text(reference.frame[column.name])
    if before.n_unique() > CATEGORIES + 1:  # null is one of them
        return None
    values = before.drop_nulls().unique().sort()
    if not 1 <= len(values) <= CATEGORIES:
        return None
    names = pl.Enum(values)

    def code(series: pl.Series) -> Codes:
        value = pl.col(series.name)
        known = value.cast(names, strict=False).to_physical().cast(pl.Int64)
        other = pl.when(value.is_null()).then(len(values) + 1).otherwise(len(values))
        return _text(series).to_frame().select(known.fill_null(other)).to_series().to_numpy()

    return _histogram((*values, "new values", "null"), column, before, reference, code)


def hours(column: pl.Series, reference: Reference) -> Histogram:
    """Count the rows per hour of the day (UTC)."""

    def code(times: pl.Series) -> Codes:
        return times.dt.hour().cast(pl.Int64).to_numpy()

    return _histogram(HOURS, column, reference.frame[column.name], reference, code)


def _histogram(
    labels: Sequence[str],
    column: pl.Series,
    before: pl.Series,
    reference: Reference,
    code: Callable[[pl.Series], Codes],
) -> Histogram:
    bins = len(labels)
    flat = reference.index * bins + code(before)
    days = _counted(flat, bins * len(reference)).reshape(len(reference), bins)
    return Histogram(tuple(labels), _counted(code(column), bins), days, code)


def _counted(codes: Codes, bins: int) -> Floats:
    return np.bincount(codes, minlength=bins).astype(np.float64)


def _finite(column: pl.Series) -> Floats:
    values = column.drop_nulls().to_numpy()
    finite: Floats = values[np.isfinite(values)]
    return finite


def _text(column: pl.Series) -> pl.Series:
    return column if column.dtype == pl.String else column.cast(pl.String)


def _intervals(edges: Floats) -> tuple[str, ...]:
    texts = [f"{edge:.4g}" for edge in edges]
    middle = [f"{low} to {high}" for low, high in pairwise(texts)]
    return (f"below {texts[0]}", *middle, f"{texts[-1]} or more")
