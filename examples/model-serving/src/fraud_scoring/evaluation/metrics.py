"""Scores of probabilities, as functions of row weights.

A bootstrap resample is nothing but a weight per row (how often the row was drawn). With metrics
that take weights, whatever can be sorted or binned is so once, and two models are compared on the
same resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], float]

RESAMPLES = 500
BINS = 10
SMALLEST = 1e-7  # of a float32 probability that is not 0


@dataclass(frozen=True)
class Sample:
    """Labels y [N] and the scores or probabilities p [N] that a model gave."""

    y: NDArray[np.bool_]
    p: NDArray[np.floating]


class Interval(NamedTuple):
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


def auc(sample: Sample) -> Statistic:
    """Area under the ROC curve; ties count half."""
    _, group = np.unique(sample.p, return_inverse=True)

    def statistic(weight: Floats) -> float:
        positive = np.bincount(group, weight * sample.y)
        negative = np.bincount(group, weight * ~sample.y)
        below = np.cumsum(negative) - negative
        pairs = positive.sum() * negative.sum()
        return float(positive @ (below + negative / 2) / pairs) if pairs else 0.5

    return statistic


def average_precision(sample: Sample) -> Statistic:
    """Area under the precision-recall curve, by steps (no interpolation)."""
    _, group = np.unique(-sample.p, return_inverse=True)

    def statistic(weight: Floats) -> float:
        positive = np.bincount(group, weight * sample.y)
        drawn = np.bincount(group, weight)
        precision = np.cumsum(positive) / np.maximum(np.cumsum(drawn), 1)
        return float(positive @ precision / max(positive.sum(), 1))

    return statistic


def log_loss(sample: Sample) -> Statistic:
    """Mean negative log likelihood, in nats."""
    p = np.clip(sample.p.astype(np.float64), SMALLEST, 1 - SMALLEST)
    return mean(-np.log(np.where(sample.y, p, 1 - p)))


def brier(sample: Sample) -> Statistic:
    """Mean squared error of the probability."""
    return mean((sample.p.astype(np.float64) - sample.y) ** 2)


def calibration_error(sample: Sample) -> Statistic:
    """Expected calibration error over ten bins of equal mass."""
    edges = np.unique(np.quantile(sample.p, np.linspace(0, 1, BINS + 1)[1:-1]))
    group = np.searchsorted(edges, sample.p)
    gap = sample.p.astype(np.float64) - sample.y

    def statistic(weight: Floats) -> float:
        return float(np.abs(np.bincount(group, weight * gap)).sum() / weight.sum())

    return statistic


def mean(values: Floats, scale: float = 1) -> Statistic:
    """Weighted mean of `values` [N], times `scale`."""

    def statistic(weight: Floats) -> float:
        return float(scale * (weight @ values) / weight.sum())

    return statistic


def ratio(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> Statistic:
    """Share of the rows of `whole` [N] that are in `part` [N] too; 0 where there are none."""
    both = (part & whole).astype(np.float64)
    all_of_them = whole.astype(np.float64)

    def statistic(weight: Floats) -> float:
        total = weight @ all_of_them
        return float(weight @ both / total) if total else 0.0

    return statistic


def difference(one: Statistic, other: Statistic) -> Statistic:
    """`one - other`, on the same resample."""
    return lambda weight: one(weight) - other(weight)


def bootstrap(
    statistics: Mapping[str, Statistic],
    rows: int,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Estimates with percentile intervals, all from the same resamples of `rows` rows.

    Resampling adds noise, which biases some statistics (calibration error) upwards; the interval
    is widened to hold the estimate where it does not.
    """
    rng = np.random.default_rng(seed)
    everything = np.ones(rows)
    draws: dict[str, list[float]] = {name: [] for name in statistics}
    for _ in range(resamples):
        weight = np.bincount(rng.integers(0, rows, rows), minlength=rows).astype(np.float64)
        for name, statistic in statistics.items():
            draws[name].append(statistic(weight))
    intervals = {}
    for name, statistic in statistics.items():
        value = statistic(everything)
        low, high = np.quantile(draws[name], [0.025, 0.975])
        intervals[name] = Interval(value, min(float(low), value), max(float(high), value))
    return intervals
