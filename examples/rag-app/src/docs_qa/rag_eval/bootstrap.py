"""Confidence intervals by resampling questions (percentile bootstrap, Efron and Tibshirani 1993)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SEED = 20260101
_RESAMPLES = 2000
_TAILS = (2.5, 97.5)

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean with the bounds of its 95 % confidence interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return e.g. `0.123 [0.101, 0.150]`."""
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def interval(values: Sequence[float], seed: int = SEED) -> Interval:
    """Return the mean of one value per question, with its interval.

    Raises:
        ValueError: there are no values.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        raise ValueError("an interval needs at least one value")
    means = data[_draws(data.size, seed)].mean(axis=1)
    return _bounded(float(data.mean()), means)


def difference(new: Sequence[float], old: Sequence[float], seed: int = SEED) -> Interval:
    """Return the mean of new minus old, with the interval of paired resampling.

    The same questions are drawn for both sides, so what makes a question hard for both cancels.

    Raises:
        ValueError: there are no values, or not one pair per question.
    """
    return interval([a - b for a, b in zip(new, old, strict=True)], seed)


def auroc(positive: Sequence[float], negative: Sequence[float], seed: int = SEED) -> Interval:
    """Return the probability that a positive case scores above a negative one; ties count half.

    Raises:
        ValueError: one side is empty.
    """
    above, below = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    if not above.size or not below.size:
        raise ValueError("AUROC needs cases of both kinds")
    wins = (above[:, None] > below) + 0.5 * (above[:, None] == below)
    rows, columns = _draws(above.size, seed), _draws(below.size, seed + 1)
    means = np.array([wins[r][:, c].mean() for r, c in zip(rows, columns, strict=True)])
    return _bounded(float(wins.mean()), means)


def _draws(size: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(size, size=(_RESAMPLES, size))


def _bounded(mean: float, means: Floats) -> Interval:
    low, high = np.percentile(means, _TAILS)
    # Rounding must not put the bounds of a constant beside it.
    return Interval(mean, min(mean, float(low)), max(mean, float(high)))
