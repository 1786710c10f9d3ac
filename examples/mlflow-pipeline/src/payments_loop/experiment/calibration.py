"""Calibration: two numbers that turn a score into a probability."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .logistic import newton, sigmoid

# As strong as so many rows in doubt: few positives cannot turn the slope round.
RIDGE = 1.0


class Calibration(NamedTuple):
    """P = sigmoid(slope * score + intercept)."""

    slope: float
    intercept: float

    def __call__(self, score: NDArray[np.floating]) -> NDArray[np.float64]:
        """Probabilities [N] of scores [N]."""
        return sigmoid(self.slope * score.astype(np.float64) + self.intercept)


def calibrate(score: NDArray[np.floating], y: NDArray[np.bool_]) -> Calibration:
    """Platt scaling on rows newer than those the model was fitted on.

    The ranking stays, so that AUC cannot change; the prior is a score that is right already.
    J. Platt, "Probabilistic outputs for support vector machines" (1999).
    """
    X = np.column_stack([score.astype(np.float64), np.ones(len(score))])
    slope, intercept = newton(X, y, np.array([RIDGE, 0.0]), np.array([1.0, 0.0]))
    return Calibration(float(slope), float(intercept))
