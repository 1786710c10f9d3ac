"""Splitting by time: what a model is fitted on is always older than what it is judged on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fraud_scoring.evaluation import Dataset

from .config import Split
from .errors import TrainingError

MIN_PER_CLASS = 10


@dataclass(frozen=True)
class Splits:
    """Four consecutive periods; the days before `test` that labels need to arrive are left out."""

    train: Dataset
    calibration: Dataset
    validation: Dataset
    test: Dataset


def split(dataset: Dataset, config: Split) -> Splits:
    """Cut rows in order of time; rows of the same time stay together.

    Raises:
        TrainingError: a period has too few rows of one class to be of use.
    """
    shares = np.cumsum([config.train, config.calibration, config.validation])
    train, calibration, validation = (_cut(dataset, share) for share in shares)
    delay = np.timedelta64(round(config.label_delay_days * 86_400), "s")
    test = int(np.searchsorted(dataset.time, dataset.time[validation] + delay))
    parts = {
        "train": slice(0, train),
        "calibration": slice(train, calibration),
        "validation": slice(calibration, validation),
        "test": slice(test, len(dataset)),
    }
    for name, rows in parts.items():
        positives = int(dataset.y[rows].sum())
        if min(positives, len(dataset.y[rows]) - positives) < MIN_PER_CLASS:
            raise TrainingError(
                f"the {name} period has {positives} positives in {len(dataset.y[rows])} rows, "
                f"each class needs {MIN_PER_CLASS}: change the shares in [split], or get more data",
            )
    return Splits(**{name: dataset.rows(rows) for name, rows in parts.items()})


def folds(dataset: Dataset, count: int) -> Iterator[tuple[Dataset, Dataset]]:
    """Expanding windows: `count` blocks of the newer half, each with all that is older."""
    bounds = np.linspace(len(dataset) // 2, len(dataset), count + 1).astype(int)
    for begin, end in pairwise(bounds):
        yield dataset.rows(slice(0, int(begin))), dataset.rows(slice(int(begin), int(end)))


def _cut(dataset: Dataset, share: float) -> int:
    """First row of the moment that lies `share` of the rows into the data."""
    at = dataset.time[min(round(share * len(dataset)), len(dataset) - 1)]
    return int(np.searchsorted(dataset.time, at))
