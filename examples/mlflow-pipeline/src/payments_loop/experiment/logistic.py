"""Ridge-penalised logistic regression by Newton's method: the baseline, and calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAX_STEPS = 50
TOLERANCE = 1e-10


def newton(X: Floats, y: NDArray[np.bool_], ridge: Floats, prior: Floats) -> Floats:
    """Coefficients [K] that minimise the log loss plus `ridge / 2 * (coefficient - prior)^2`.

    The ridge pulls each coefficient towards its prior, which makes the minimum unique; a step that
    overshoots is halved. No randomness: the same rows give the same coefficients.

    Args:
        X: columns [N, K], one of them constant where an intercept is wanted.
        y: labels [N].
        ridge: strength of the pull per coefficient [K], in rows; 0 for none.
        prior: where the pull leads to [K].
    """
    coefficients = prior.astype(np.float64)
    weighted = np.empty_like(X)  # once: getting memory takes as long as filling it
    loss = _loss(X, y, ridge, prior, coefficients)
    for _ in range(MAX_STEPS):
        p = sigmoid(X @ coefficients)
        gradient = X.T @ (p - y) + ridge * (coefficients - prior)
        np.multiply(X, (p * (1 - p))[:, None], out=weighted)
        curvature = weighted.T @ X + np.diag(ridge)
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        scale = 1.0
        while (lower := _loss(X, y, ridge, prior, coefficients - scale * step)) > loss:
            scale /= 2
            if scale < TOLERANCE:
                return coefficients
        coefficients = coefficients - scale * step
        gained, loss = loss - lower, lower
        if gained <= TOLERANCE * len(y):
            break
    return coefficients


def sigmoid(score: Floats) -> Floats:
    """1 / (1 + exp(-score)), without overflow."""
    result: Floats = 0.5 * (1 + np.tanh(score / 2))
    return result


def _loss(
    X: Floats,
    y: NDArray[np.bool_],
    ridge: Floats,
    prior: Floats,
    coefficients: Floats,
) -> float:
    score = X @ coefficients
    likelihood = np.logaddexp(0, np.where(y, -score, score)).sum()
    return float(likelihood + (ridge * (coefficients - prior) ** 2).sum() / 2)
