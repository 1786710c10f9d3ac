"""How often the gate is wrong: many gates on simulated scores whose truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payments_loop.evaluation.dataset import Dataset

from .gate import judge
from .policy import Gate, Policy
from .scored import Scored

ROWS = 3000
POSITIVES = 300
SEPARATION = 1.2  # standard deviations between the classes: an AUC of 0.80
SHARED = 0.8  # correlation of two models' scores within a class

# Only ranking is random here; the other conditions are bounds, and are out of the way.
OPEN = Policy(gate=Gate(max_calibration_error=10, max_bias=1000))


@dataclass(frozen=True)
class Rates:
    """Shares of the simulated gates.

    Attributes:
        promoted: somebody was promoted.
        uncorrected: would have been, if each challenger were tested at the whole of alpha.
        winner_is_best: of those promoted, the challenger that truly ranks better.
    """

    promoted: float
    uncorrected: float
    winner_is_best: float


def simulate(*, gates: int, challengers: int, gain: float, seed: int) -> Rates:
    """Judge `challengers` against a champion in each of `gates` gates.

    Scores are normal in both classes, so the areas under the curve are known exactly. All models
    are alike, except that the first challenger's area is larger by `gain`.
    """
    rng = np.random.default_rng(seed)
    separations = [SEPARATION] * (challengers + 1)
    separations[1] = _separation(_area(SEPARATION) + gain)
    promoted = uncorrected = best = 0
    for _ in range(gates):
        dataset, scores = _gate(rng, separations)
        champion, *others = (Scored(f"v{i}", p) for i, p in enumerate(scores))
        decision = judge(dataset, {one.version: one for one in others}, champion, None, OPEN)
        promoted += decision.winner is not None
        best += decision.winner == "v1"
        uncorrected += min(decision.p_values.values()) <= OPEN.gate.alpha
    return Rates(promoted / gates, uncorrected / gates, best / promoted if promoted else 0.0)


def _gate(
    rng: np.random.Generator,
    separations: list[float],
) -> tuple[Dataset, list[NDArray[np.float64]]]:
    y = np.arange(ROWS) < POSITIVES
    shared = rng.normal(size=ROWS)
    own = rng.normal(size=(len(separations), ROWS))
    scores = [
        separation * y + math.sqrt(SHARED) * shared + math.sqrt(1 - SHARED) * noise
        for separation, noise in zip(separations, own, strict=True)
    ]
    dataset = Dataset(
        features=(),
        X=np.empty((ROWS, 0), dtype=np.float32),
        y=y,
        time=np.zeros(ROWS, dtype="datetime64[s]"),
        amount=np.zeros(ROWS),
        truth=None,
    )
    return dataset, scores


def _area(separation: float) -> float:
    """Area under the curve of two normal classes so many standard deviations apart."""
    return 0.5 * math.erfc(-separation / 2)


def _separation(area: float) -> float:
    """The inverse of `_area`, by bisection."""
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _area(middle) < area else (low, middle)
    return low
