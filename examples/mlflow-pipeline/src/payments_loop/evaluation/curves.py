"""Curves with bootstrap bands, as arrays: what the plots draw."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Costs

from . import costs as costing
from .dataset import Dataset
from .metrics import BINS, Sample

Floats = NDArray[np.float64]

GRID = np.linspace(0, 1, 201)
RESAMPLES = 200
NORMAL_95 = 1.96


class Band(NamedTuple):
    """A curve over `x`, and its pointwise 95 % band."""

    x: Floats
    y: Floats
    low: Floats
    high: Floats


class Reliability(NamedTuple):
    """Predicted against observed share per bin, with Wilson intervals; bins hold equal mass."""

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats


def roc(sample: Sample, seed: int) -> Band:
    """True positive rate over the false positive rate."""
    return _band(sample, seed, precision_recall=False)


def precision_recall(sample: Sample, seed: int) -> Band:
    """Precision over recall, from the first hundredth on: before it a row or two decide."""
    band = _band(sample, seed, precision_recall=True)
    return Band(*(values[2:] for values in band))


def _band(sample: Sample, seed: int, *, precision_recall: bool) -> Band:
    order = np.argsort(-sample.p, kind="stable")
    y = sample.y[order]
    last = np.append(np.diff(sample.p[order]) != 0, [True])  # of the rows with equal scores

    def curve(weight: Floats) -> Floats:
        positive, negative = np.cumsum(weight * y)[last], np.cumsum(weight * ~y)[last]
        recall = positive / max(positive[-1], 1)
        if precision_recall:
            drawn = positive + negative
            precision = np.divide(positive, drawn, out=np.ones_like(positive), where=drawn > 0)
            return _interpolated(recall, precision)
        rate = negative / max(negative[-1], 1)
        return _interpolated(np.append(0, rate), np.append(0, recall))

    rng = np.random.default_rng(seed)
    rows = len(y)
    draws = [
        curve(np.bincount(rng.integers(0, rows, rows), minlength=rows).astype(np.float64))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return Band(GRID, curve(np.ones(rows)), low, high)


def _interpolated(x: Floats, y: Floats) -> Floats:
    values: Floats = np.interp(GRID, x, y)
    return values


def reliability(sample: Sample) -> Reliability:
    """Bins of equal mass; p is the mean prediction of a bin, not its middle."""
    edges = np.unique(np.quantile(sample.p, np.linspace(0, 1, BINS + 1)[1:-1]))
    group = np.searchsorted(edges, sample.p)
    count = np.maximum(np.bincount(group), 1)
    observed = np.bincount(group, sample.y) / count
    predicted = np.bincount(group, sample.p) / count
    z2 = NORMAL_95**2
    middle = (observed + z2 / (2 * count)) / (1 + z2 / count)
    half = np.sqrt(observed * (1 - observed) / count + z2 / (4 * count**2))
    half *= NORMAL_95 / (1 + z2 / count)
    return Reliability(predicted, observed, middle - half, middle + half)


def cost(test: Dataset, p: NDArray[np.floating], costs: Costs) -> Band:
    """Cost per 1,000 rows over the expected saving that is asked of a review, with a normal band.

    With calibrated probabilities the curve is lowest where that saving is what a review costs.
    """
    saving = costs.review * p / costs.thresholds(test.amount)
    asked = costs.review * np.geomspace(0.05, 20, 81)
    per_row = [1000 * costing.per_row(test, saving >= least, costs) for least in asked]
    middle = np.mean(per_row, axis=1)
    half = NORMAL_95 * np.std(per_row, axis=1) / np.sqrt(len(test))
    return Band(asked, middle, middle - half, middle + half)
