"""What a column holds, for the report: the batch beside its reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from payments_loop.problem import Column
from payments_loop.validation.histograms import Histogram

_LARGE = 10_000
_SHORT = 32


@dataclass(frozen=True)
class Bars:
    """Shares per bin, for a chart; the reference is empty if there is none."""

    labels: tuple[str, ...]
    batch: tuple[float, ...]
    reference: tuple[float, ...]


@dataclass(frozen=True)
class Profile:
    """One column of a batch.

    Attributes:
        column: its name.
        kind: its declared type.
        unit: of its values.
        nulls: share of nulls.
        different: number of different values.
        low: smallest value, as text.
        middle: median, as text; empty for text columns.
        high: largest value, as text.
        usual_middle: median of the reference, as text.
        bars: distribution, if the column has one.
    """

    column: str
    kind: str
    unit: str
    nulls: float
    different: int
    low: str
    middle: str
    high: str
    usual_middle: str = ""
    bars: Bars | None = None


def profile(
    series: pl.Series,
    column: Column,
    before: pl.Series | None,
    histogram: Histogram | None,
) -> Profile:
    """Summarise a column.

    Args:
        series: its values in the batch.
        column: as the problem declares it.
        before: its values in the reference, if there is one.
        histogram: of both.
    """
    numeric = column.type in {"integer", "float"}
    return Profile(
        column=series.name,
        kind=column.type,
        unit=column.unit,
        nulls=series.null_count() / max(len(series), 1),
        different=series.n_unique(),
        low=_shown(series.min()),
        middle=_shown(series.median()) if numeric else "",
        high=_shown(series.max()),
        usual_middle=_shown(before.median()) if numeric and before is not None else "",
        bars=_bars(histogram) if histogram else None,
    )


def _bars(histogram: Histogram) -> Bars:
    """Shares per bin; bins that nobody uses are left out."""
    used = (histogram.batch + histogram.reference) > 0
    labels = np.array(histogram.labels)[used]
    batch = histogram.batch[used] / max(histogram.batch.sum(), 1)
    usual = histogram.reference[used] / max(histogram.reference.sum(), 1)
    return Bars(tuple(map(str, labels)), tuple(batch.tolist()), tuple(usual.tolist()))


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < _LARGE else f"{value:,.0f}"
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M}"
    text = str(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
