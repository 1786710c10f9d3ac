"""DeLong's test: whether one model ranks better than another on the same rows.

E. DeLong, D. DeLong, D. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
operating characteristic curves", Biometrics 44 (1988); computed from midranks as in X. Sun, W. Xu,
"Fast implementation of DeLong's algorithm", IEEE Signal Processing Letters 21 (2014).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import EvaluationError
from .metrics import Interval

NORMAL_95 = 1.959963984540054
MIN_PER_CLASS = 2


class Difference(NamedTuple):
    """How much higher the first AUC is than the second.

    Attributes:
        value: the difference of the two areas.
        low: lower end of its two-sided 95 % interval.
        high: upper end of the same.
        p_value: one-sided; small where the first model ranks better by more than chance.
    """

    value: float
    low: float
    high: float
    p_value: float

    def __str__(self) -> str:
        interval = f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"
        return f"{interval}, p = {self.p_value:.2g}"


def delong(
    y: NDArray[np.bool_],
    first: NDArray[np.floating],
    second: NDArray[np.floating],
) -> Difference:
    """Compare the AUCs of two models' scores [N] on the same labels [N], in O(N log N).

    Two models that rank all rows alike differ by nothing, and the p-value is 0.5.

    Raises:
        EvaluationError: a class has fewer than two rows, which leaves the variance unknown.
    """
    y = y.astype(bool)
    _check(y)
    parts = [_placements(y, score) for score in (first, second)]
    of_positives = parts[0][0] - parts[1][0]
    of_negatives = parts[0][1] - parts[1][1]
    value = float(of_positives.mean())
    error = _error(of_positives, of_negatives)
    half = NORMAL_95 * error
    return Difference(value, value - half, value + half, _upper_tail(value, error))


def area(y: NDArray[np.bool_], score: NDArray[np.floating]) -> Interval:
    """AUC of scores [N] and its 95 % interval, without resampling.

    Raises:
        EvaluationError: a class has fewer than two rows.
    """
    y = y.astype(bool)
    _check(y)
    of_positives, of_negatives = _placements(y, score)
    value = float(of_positives.mean())
    half = NORMAL_95 * _error(of_positives, of_negatives)
    return Interval(value, max(value - half, 0.0), min(value + half, 1.0))


def _placements(
    y: NDArray[np.bool_],
    score: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the other class that each positive is above, and that each negative is below."""
    _, group = np.unique(score, return_inverse=True)
    positive, negative = np.bincount(group, y), np.bincount(group, ~y)
    negatives_below = (np.cumsum(negative) - negative / 2) / negative.sum()
    positives_above = 1 - (np.cumsum(positive) - positive / 2) / positive.sum()
    return negatives_below[group[y]], positives_above[group[~y]]


def _check(y: NDArray[np.bool_]) -> None:
    positives, negatives = int(y.sum()), int((~y).sum())
    if min(positives, negatives) < MIN_PER_CLASS:
        raise EvaluationError(
            f"{positives} positives and {negatives} negatives: "
            f"an area with its interval needs {MIN_PER_CLASS} of each",
        )


def _error(of_positives: NDArray[np.float64], of_negatives: NDArray[np.float64]) -> float:
    """Standard error of the mean placement, over both classes."""
    variances = [part.var(ddof=1) / len(part) for part in (of_positives, of_negatives)]
    return math.sqrt(sum(variances))


def _upper_tail(value: float, error: float) -> float:
    """P(Z >= value / error) of a standard normal Z."""
    if error == 0:
        return 0.5 if value == 0 else float(value < 0)
    return 0.5 * math.erfc(value / error / math.sqrt(2))
