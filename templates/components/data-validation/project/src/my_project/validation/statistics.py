"""How much a day may differ from other days before that means something.

Days differ by more than sampling explains: weekends, customers who buy twice, campaigns. So a
statistic of a new day is compared with how the *same statistic* varied among the days of the
reference, matched by weekday, and never by less than sampling noise. All functions are pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = float | Floats
Integers = NDArray[np.int64]

SAME_WEEKDAYS = 3
"""Fewer days of the same weekday than this say nothing about the weekday."""

_MAD_TO_DEVIATION = 1.4826  # of a normal distribution
_MEDIAN_VARIANCE = 1.5708  # of the median of n normal values, times n
_MAD_EFFICIENCY = 0.3  # of the variance estimate, medians of weekdays included: by simulation


@dataclass(frozen=True)
class Place:
    """Where a day stands among the days of the reference.

    Attributes:
        usual: the expected value, in the unit of the statistic.
        change: from the expected value.
        reach: the change that a clean day exceeds with the chosen probability.
    """

    usual: float
    change: float
    reach: float

    @property
    def distance(self) -> float:
        """The change as a share of what noise reaches: beyond 1 and -1 it is no noise."""
        return self.change / self.reach


def compare(
    value: float,
    days: Floats,
    weekdays: Integers,
    weekday: int | None,
    *,
    floor: float,
    probability: float,
) -> Place:
    """Compare one day's statistic with those of other days.

    Usual is the median of the same weekday, or of all days where there are too few of it. How far
    noise reaches follows from the median absolute deviation of every day from the median of the
    *other* days it is matched with (so it contains the error of that median) and Student's t, but
    is at least what sampling alone reaches, whose deviation is known.

    Args:
        value: the statistic of the day in question, transformed to have a stable variance.
        days: the same of the reference days, shape [days], at least one.
        weekdays: their weekdays, shape [days].
        weekday: of the day in question; None compares it with all days alike.
        floor: standard deviation by sampling alone, above 0.
        probability: of exceeding the reach on a clean day, both sides together.
    """
    matched = weekday is not None and np.count_nonzero(weekdays == weekday) >= SAME_WEEKDAYS
    groups = weekdays if matched else np.zeros_like(weekdays)
    alike = days[groups == weekday] if matched else days
    usual = float(np.median(alike))
    deviation = _MAD_TO_DEVIATION * float(np.median(np.abs(_residuals(days, groups))))
    degrees = max(2.0, _MAD_EFFICIENCY * (len(days) - 1))
    by_days = deviation * student_quantile(1 - probability / 2, degrees)
    by_sampling = floor * float(np.sqrt(1 + _MEDIAN_VARIANCE / len(alike)))
    by_sampling *= NormalDist().inv_cdf(1 - probability / 2)
    return Place(usual, float(value) - usual, max(by_days, by_sampling))


def _residuals(days: Floats, groups: Integers) -> Floats:
    """Each day minus the median of the others of its group; alone in its group: of all others."""
    other = ~np.eye(len(days), dtype=bool)
    matched = (groups[:, None] == groups) & other
    matched |= other & ~matched.any(axis=1, keepdims=True)
    ranked = np.sort(np.where(matched, days, np.inf), axis=1)
    counts = matched.sum(axis=1)
    rows = np.arange(len(days))
    middle = (ranked[rows, (counts - 1) // 2] + ranked[rows, counts // 2]) / 2
    residuals: Floats = days - middle
    return residuals


def student_quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t distribution in its upper half.

    The expansion of Fisher and Cornish in powers of 1/degrees (Abramowitz and Stegun 26.7.5);
    within 5 % from 8 degrees on and up to a probability of 0.9999.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / degrees**power for power, term in enumerate(terms, start=1))


def psi(counts: Floats, reference: Floats) -> Floats:
    """Population stability index between histograms, over the last axis.

    ``sum((p - q) log(p / q))`` (Siddiqi, Credit Risk Scorecards, 2006: above 0.1 slight, above
    0.25 major). Shares are floored at half a row of the smaller sample, so that an empty bin
    counts as what it is: fewer than one row.

    Args:
        counts: rows per bin, shape [..., bins].
        reference: rows per bin, shape [..., bins].
    """
    rows = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    others = np.maximum(reference.sum(axis=-1, keepdims=True), 1)
    floor = 0.5 / np.minimum(rows, others)
    p = np.maximum(counts / rows, floor)
    q = np.maximum(reference / others, floor)
    index: Floats = ((p - q) * np.log(p / q)).sum(axis=-1)
    return index


def psi_score(index: Numbers, rows: Numbers, reference_rows: Numbers, bins: int) -> Floats:
    """Make a PSI comparable between days: about normal, whatever the number of rows.

    Without drift ``psi / (1/n + 1/m)`` is chi-squared with ``bins - 1`` degrees of freedom
    (Yurdakul and Naranjo 2020); the cube root of its share of the degrees is normal with variance
    ``2 / (9 degrees)`` (Wilson and Hilferty 1931).
    """
    degrees = max(bins - 1, 1)
    noise = 1 / np.maximum(rows, 1) + 1 / np.maximum(reference_rows, 1)
    score: Floats = np.cbrt(index / noise / degrees)
    return score


def psi_deviation(bins: int) -> float:
    """Standard deviation of `psi_score` by sampling alone."""
    return float(np.sqrt(2 / (9 * max(bins - 1, 1))))


def root_share(hits: Numbers, rows: Numbers) -> Floats:
    """Arcsine of the root of a share: its deviation is ``1 / (2 sqrt(rows))`` at every share."""
    angle: Floats = np.arcsin(np.sqrt((np.asarray(hits) + 0.375) / (np.asarray(rows) + 0.75)))
    return angle


def root_count(counts: Numbers) -> Floats:
    """Anscombe's transform (1948): a Poisson count gets the standard deviation 1."""
    root: Floats = 2 * np.sqrt(np.asarray(counts) + 0.375)
    return root


def ranking(labels: Sequence[int] | Floats, scores: Floats) -> float:
    """Area under the ROC curve by ranks, ties counted half; 0.5 if one class is missing."""
    y = np.asarray(labels, float)
    positives = float(y.sum())
    negatives = len(y) - positives
    if not positives or not negatives:
        return 0.5
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return float((middle[inverse] @ y - positives * (positives + 1) / 2) / (positives * negatives))
