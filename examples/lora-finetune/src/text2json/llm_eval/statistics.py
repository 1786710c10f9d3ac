"""Intervals and tests on one score per row, paired where two models answered the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

import numpy as np

from text2json.evidence import wilson

SEED = 20260101
_RESAMPLES = 4000
_TAILS = (2.5, 97.5)


class Interval(NamedTuple):
    """A mean with the bounds of its 95 % confidence interval."""

    mean: float
    low: float
    high: float


def share(right: Sequence[bool]) -> Interval:
    """Share of right answers with Wilson's interval (1927).

    The bootstrap would say 0 to 0 where no answer is right, however few there are.

    Raises:
        ValueError: there are no answers.
    """
    count = len(right)
    if count == 0:
        raise ValueError("a share needs at least one answer")
    return Interval(sum(right) / count, *wilson(sum(right), count))


def interval(scores: Sequence[float], seed: int = SEED) -> Interval:
    """Mean of one score per row with its percentile bootstrap (Efron and Tibshirani 1993).

    Raises:
        ValueError: there are no scores.
    """
    data = np.asarray(scores, dtype=np.float64)
    if data.size == 0:
        raise ValueError("an interval needs at least one score")
    drawn = np.random.default_rng(seed).integers(data.size, size=(_RESAMPLES, data.size))
    low, high = np.percentile(data[drawn].mean(axis=1), _TAILS)
    mean = float(data.mean())
    return Interval(mean, min(mean, float(low)), max(mean, float(high)))


def difference(new: Sequence[float], old: Sequence[float], seed: int = SEED) -> Interval:
    """Mean of new minus old, resampling rows: what makes a row hard for both cancels."""
    return interval([a - b for a, b in zip(new, old, strict=True)], seed)


def mcnemar(new: Sequence[bool], old: Sequence[bool]) -> float:
    """Two-sided p-value that both are right equally often, from the rows where they differ.

    The exact binomial form of McNemar's test (1947).
    """
    pairs = list(zip(new, old, strict=True))
    gained = sum(a and not b for a, b in pairs)
    lost = sum(b and not a for a, b in pairs)
    total = gained + lost
    if total == 0:
        return 1.0
    tail: float = sum(comb(total, k) for k in range(min(gained, lost) + 1)) / 2**total
    return min(1.0, 2.0 * tail)


def permutation(new: Sequence[float], old: Sequence[float], seed: int = SEED) -> float:
    """Two-sided p-value that both score alike, by random signs of the paired differences.

    The observed arrangement is one of those counted, so the p-value is never 0.
    """
    changes = np.asarray(new, dtype=np.float64) - np.asarray(old, dtype=np.float64)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(_RESAMPLES, changes.size))
    drawn = np.abs(signs @ changes)
    beyond = int((drawn >= abs(changes.sum()) - 1e-9).sum())
    return (beyond + 1) / (_RESAMPLES + 1)
