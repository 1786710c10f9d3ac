"""Turns comparisons into measures: unusual or not, how large, and what it probably is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import polars as pl

from payments_loop.lake.verdict import Finding, Severity
from payments_loop.validation.config import BatchLimits
from payments_loop.validation.histograms import Histogram
from payments_loop.validation.statistic import Statistic, Subject
from payments_loop.validation.statistics import (
    Place,
    compare,
    psi,
)

FACTORS = {
    10: "another power of ten",
    12: "dozens or months",
    24: "hours and days",
    60: "minutes and seconds, or hours",
    100: "cents or per cent",
    1000: "thousands or thousandths",
    3600: "seconds and hours",
}
_FACTOR_TOLERANCE = 0.1
_CHANCE = 1e-6
_MOST = 0.5
_EMPTY_HOURS = 0.05


@dataclass(frozen=True)
class Measure:
    """A statistic of a batch and what follows from it.

    Attributes:
        statistic: what was compared.
        place: where it stands among the days of the reference.
        size: of the change, in the unit of the limits.
        severity: by size, if it is unusual.
    """

    statistic: Statistic
    place: Place
    size: float
    severity: Severity

    @property
    def usual(self) -> float:
        """The expected value, in the unit of the statistic."""
        return self.statistic.back(self.place.usual)

    @property
    def outside(self) -> bool:
        """Whether noise does not explain it. To resemble the reference more than usual is fine."""
        distance = self.place.distance
        return distance > 1 or (distance < -1 and self.statistic.histogram is None)

    @property
    def range(self) -> tuple[float, float]:
        """What a clean batch has with the chosen probability."""
        usual, reach = self.place.usual, self.place.reach
        low = self.statistic.back(max(usual - reach, _lowest(self.statistic)))
        return low, self.statistic.back(min(usual + reach, _highest(self.statistic)))


def measure(
    statistics: Sequence[Statistic],
    subject: Subject,
    weekday: int | None,
    limits: BatchLimits,
    false_alarms: float,
) -> list[Measure]:
    """Judge all statistics of a batch together.

    Args:
        statistics: what is compared.
        subject: the batch and its reference.
        weekday: of the batch; None if it covers several days.
        limits: sizes that matter.
        false_alarms: share of clean batches with any unusual statistic, at most.
    """
    probability = false_alarms / max(len(statistics), 1)
    weekdays = subject.reference.weekdays
    measures = []
    for one in statistics:
        place = compare(
            one.value,
            one.days,
            weekdays,
            weekday,
            floor=one.floor,
            probability=probability,
        )
        size = one.size(one.raw, one.back(place.usual))
        judged = Measure(one, place, size, "pass")
        severity: Severity = getattr(limits, one.check).severity(size)
        measures.append(replace(judged, severity=severity) if judged.outside else judged)
    return measures


def findings(measures: Sequence[Measure], subject: Subject, limits: BatchLimits) -> list[Finding]:
    """What is to be said about the measures that are not as usual."""
    found = [_finding(one, subject) for one in measures if one.severity != "pass"]
    found += _constant(subject, limits)
    found += _swapped(measures, subject, limits)
    return found


def _finding(one: Measure, subject: Subject) -> Finding:
    rows = subject.frame.height
    statistic = one.statistic
    new, usual = statistic.raw, one.usual
    match statistic.check:
        case "volume":
            detail = f"{new:,.0f} rows a day, usually {usual:,.0f} ({new / max(usual, 1) - 1:+.0%})"
            return Finding("volume", one.severity, None, detail, rows, 1.0)
        case "missing":
            detail = f"{new:.1%} nulls, usually {usual:.1%}"
            share = new
        case "novelty":
            detail = f"{new:.1%} of the rows have values not seen before, usually {usual:.1%}"
            share = new
        case "scale":
            detail = f"median {new:,.4g}, usually {usual:,.4g}: {_factor(new / usual)}"
            share = 1.0
        case "clock":
            detail = f"the times of day fit if they are {abs(new):.0f} h too "
            detail += f"{'late' if new > 0 else 'early'}: another clock or time zone?"
            share = 1.0
        case _:
            detail = f"distributed differently, PSI {new:.2f}, usually {usual:.3f}"
            if statistic.histogram:
                detail += f"; {_change(statistic.histogram, statistic.check)}"
            share = 1.0
    return Finding(
        statistic.check, one.severity, statistic.column, detail, round(share * rows), share
    )


def _factor(ratio: float) -> str:
    for factor, guess in FACTORS.items():
        for wanted in (factor, 1 / factor):
            if abs(ratio / wanted - 1) < _FACTOR_TOLERANCE:
                return f"{ratio:.4g} times as much, another unit ({guess})?"
    return f"{ratio:.4g} times as much"


def _change(histogram: Histogram, check: str) -> str:
    """The largest change of a bin, or the hours without any row."""
    new = histogram.batch / max(histogram.batch.sum(), 1)
    usual = histogram.reference / max(histogram.reference.sum(), 1)
    empty = np.flatnonzero((new == 0) & (usual > 0))
    if check == "hours" and usual[empty].sum() > _EMPTY_HOURS:
        names = ", ".join(histogram.labels[hour] for hour in empty)
        return f"no rows in the hours {names}, usually {usual[empty].sum():.1%} of all"
    bin_ = int(np.argmax(np.abs(new - usual)))
    where = f"hour {histogram.labels[bin_]}" if check == "hours" else histogram.labels[bin_]
    return f"{where}: {new[bin_]:.1%} of the rows instead of {usual[bin_]:.1%}"


def _constant(subject: Subject, limits: BatchLimits) -> Iterator[Finding]:
    """A column with one value that by its past could hardly have come out so."""
    rows = subject.frame.height
    severity = limits.constant.severity(1)
    if severity == "pass":
        return
    for name in subject.columns:
        if subject.frame[name].n_unique() > 1:
            continue
        value = subject.frame[name][0]
        before = subject.reference.frame[name]
        same = (before.is_null() if value is None else before == value).mean()
        if isinstance(same, float) and same**rows < _CHANCE:
            shown = "null" if value is None else "the same"
            detail = f"{shown} in every row, usually in {same:.1%} of the rows"
            yield Finding("constant", severity, name, detail, rows, 1.0)


def _swapped(
    measures: Sequence[Measure],
    subject: Subject,
    limits: BatchLimits,
) -> Iterator[Finding]:
    """Two columns of one type that each look like the other's past."""
    odd = [one for one in measures if one.severity != "pass" and one.statistic.column]
    for first, second in combinations(odd, 2):
        if first.statistic.check != second.statistic.check:
            continue
        if _fits(first, second, subject) and _fits(second, first, subject):
            names = f"{first.statistic.column} and {second.statistic.column}"
            detail = f"{names} look like each other's past: swapped?"
            severity = limits.swapped.severity(2)
            if severity != "pass":
                rows = subject.frame.height
                yield Finding("swapped", severity, first.statistic.column, detail, rows, 1.0)


def _fits(one: Measure, other: Measure, subject: Subject) -> bool:
    """Whether the values of one column fit the past of the other much better than their own."""
    name, past = one.statistic.column, other.statistic.column
    if name is None or past is None:
        return False
    values = subject.frame[name]
    if one.statistic.check == "novelty":
        before = subject.reference.frame[past].unique()
        return float(values.is_in(before.implode()).mean() or 0) > _MOST  # type: ignore[arg-type]
    histogram = other.statistic.histogram
    types = subject.table.columns
    if histogram is None or (types[name].type == "string") != (types[past].type == "string"):
        return False
    if values.dtype == pl.Datetime:
        return False
    return float(psi(histogram.counts(values), histogram.reference)) < one.statistic.raw / 4


def _lowest(statistic: Statistic) -> float:
    return -np.inf if statistic.check == "scale" else 0.0


def _highest(statistic: Statistic) -> float:
    return np.pi / 2 if statistic.check in {"missing", "novelty"} else np.inf
