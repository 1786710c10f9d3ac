"""Compares a batch with the days before it, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, log, sin

import numpy as np
import polars as pl

from payments_loop.problem import Column
from payments_loop.validation import histograms
from payments_loop.validation.clock import clock
from payments_loop.validation.histograms import Floats, Histogram
from payments_loop.validation.reference import INDEX
from payments_loop.validation.statistic import Statistic, Subject
from payments_loop.validation.statistics import (
    psi,
    psi_deviation,
    psi_score,
    root_count,
    root_share,
)

DAILY = 0.5
"""Share of a day's rows that its largest batch brings where batches come daily."""


def volume(subject: Subject) -> Iterator[Statistic]:
    """Rows per day; nothing where days come in several batches, which differ in size."""
    reference = subject.reference
    if np.median(reference.deliveries) < DAILY:
        return
    rows = subject.frame.height / subject.span
    yield Statistic(
        "volume",
        None,
        raw=rows,
        value=float(root_count(rows)),
        days=root_count(reference.rows.astype(np.float64)),
        floor=1.0,
        back=lambda root: max((root / 2) ** 2 - 0.375, 0.0),
        size=lambda new, usual: abs(new / max(usual, 1.0) - 1),
    )


def column_statistics(subject: Subject, name: str, column: Column) -> Iterator[Statistic]:
    """Everything that one column is compared by."""
    series = subject.frame[name]
    if column.nullable:
        yield _missing(subject, name)
    if column.type in {"integer", "float"}:
        yield from _scale(subject, name)
        if histogram := histograms.numeric(series, subject.reference):
            yield drift(name, histogram)
    elif column.type in {"string", "boolean"}:
        if column.type == "string" and column.values is None:
            yield _novelty(subject, name)
        if histogram := histograms.categorical(series, subject.reference):
            yield drift(name, histogram)
    elif name == subject.table.event_time:
        by_hour = histograms.hours(series, subject.reference)
        if by_hour.bins > 1:
            hours = drift(name, by_hour, "hours")
            yield hours
            yield clock(hours, by_hour)


def drift(name: str, histogram: Histogram, check: str = "drift") -> Statistic:
    """How far the distribution is from that of the reference, as each day is from the others."""
    pooled = histogram.reference
    others = pooled - histogram.days
    days = psi_score(
        psi(histogram.days, others),
        histogram.days.sum(axis=1),
        others.sum(axis=1),
        histogram.bins,
    )
    index = float(psi(histogram.batch, pooled))
    rows = np.array([histogram.batch.sum(), pooled.sum()])
    score = psi_score(index, rows[0], rows[1], histogram.bins)
    return Statistic(
        check,
        name,
        raw=index,
        value=float(score),
        days=days,
        floor=psi_deviation(histogram.bins),
        back=lambda root: root**3 * max(histogram.bins - 1, 1) * float((1 / rows).sum()),
        size=lambda new, _: new,
        histogram=histogram,
    )


def _missing(subject: Subject, name: str) -> Statistic:
    hits = _per_day(subject, subject.reference.frame[name].is_null())
    return _share(subject, _Change("missing", name, subject.frame[name].null_count(), hits, abs))


def _novelty(subject: Subject, name: str) -> Statistic:
    """Rows with values that the reference never had; of a day: that no other day had."""
    value, day = pl.col(name), pl.col(INDEX)
    found = subject.reference.frame.lazy().select(INDEX, name).drop_nulls().group_by(name)
    known = found.agg(day.min().alias("first"), day.max().alias("last"), pl.len()).collect()
    first = known["first"].to_numpy()
    one_day = first == known["last"].to_numpy()
    hits = np.bincount(
        first[one_day],
        weights=known["len"].to_numpy()[one_day],
        minlength=len(subject.reference),
    )
    unknown = value.drop_nulls().is_in(known[name].implode()).not_()
    new = int(subject.frame.select(unknown.sum()).item())
    change = _Change("novelty", name, new, hits.astype(np.float64), lambda change: change)
    return _share(subject, change)


@dataclass(frozen=True)
class _Change:
    """Rows of the batch and of every day that have something, and how a change of it counts."""

    check: str
    column: str
    rows: int
    days: Floats
    size: Callable[[float], float]


def _share(subject: Subject, change: _Change) -> Statistic:
    rows = subject.frame.height
    per_day = np.bincount(subject.reference.index, minlength=len(subject.reference))
    return Statistic(
        change.check,
        change.column,
        raw=change.rows / rows,
        value=float(root_share(change.rows, rows)),
        days=root_share(change.days, per_day.astype(np.float64)),
        floor=0.5 / np.sqrt(min(rows, float(np.median(per_day)))),
        back=lambda angle: sin(angle) ** 2,
        size=lambda new, usual: change.size(new - usual),
    )


def _scale(subject: Subject, name: str) -> Iterator[Statistic]:
    """The median of the absolute values other than zero, by which units show."""
    size = pl.col(name).cast(pl.Float64).abs()
    usable = pl.col(name).is_finite() & (pl.col(name) > 0)
    days = (
        subject.reference.frame.lazy()
        .select(INDEX, size)
        .filter(usable)
        .group_by(INDEX)
        .agg(pl.col(name).median())
        .sort(INDEX)
        .collect()
    )
    middle = subject.frame.lazy().select(size).filter(usable).median().collect().item()
    if len(days) < len(subject.reference) or middle is None:
        return
    yield Statistic(
        "scale",
        name,
        raw=middle,
        value=log(middle),
        days=np.log(days[name].to_numpy()),
        floor=1 / np.sqrt(subject.frame.height),
        back=exp,
        size=lambda new, usual: max(new / usual, usual / new),
    )


def _per_day(subject: Subject, mask: pl.Series) -> Floats:
    reference = subject.reference
    hits = np.bincount(reference.index, weights=mask.to_numpy(), minlength=len(reference))
    return hits.astype(np.float64)
