"""What decisions cost, and the fixed threshold that costs least.

The model decides by expected loss, see `fraud_scoring.bundle.Costs`; fixed thresholds, on its
probability or on the amount, are what that is compared with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.bundle import Costs

from .dataset import Dataset

Floats = NDArray[np.float64]
Decisions = NDArray[np.bool_]


def per_row(dataset: Dataset, review: Decisions, costs: Costs) -> Floats:
    """Cost of each row [N]: a review where one was decided, and the loss that was not stopped."""
    loss = dataset.y * (dataset.amount + costs.fee)
    return np.where(review, costs.review + (1 - costs.caught) * loss, loss)


def curve(dataset: Dataset, score: NDArray[np.floating], costs: Costs) -> tuple[Floats, Floats]:
    """Cost per 1,000 rows of reviewing from each threshold on.

    Returns:
        Thresholds in descending order, beginning above every score (nothing is reviewed), and
        the cost at each.
    """
    order = np.argsort(-score, kind="stable")
    loss = (dataset.y * (dataset.amount + costs.fee))[order]
    # Reviewing one more row costs a review and saves the loss it stops.
    total = loss.sum() + np.concatenate([[0.0], np.cumsum(costs.review - costs.caught * loss)])
    ordered = score[order].astype(np.float64)
    distinct = np.append(ordered[:-1] != ordered[1:], True)
    ends = np.concatenate([[0], np.flatnonzero(distinct) + 1])
    thresholds = np.concatenate([[np.inf], ordered[distinct]])
    return thresholds, 1000 * total[ends] / len(dataset)


def best_threshold(dataset: Dataset, score: NDArray[np.floating], costs: Costs) -> float:
    """The score with the least cost on `dataset`; infinite if nothing is worth a review."""
    thresholds, cost = curve(dataset, score, costs)
    return float(thresholds[np.argmin(cost)])


def decide(dataset: Dataset, p: NDArray[np.floating], costs: Costs) -> Decisions:
    """Review where the loss that a review prevents, in expectation, is worth its cost [N]."""
    return p >= costs.thresholds(dataset.amount)
