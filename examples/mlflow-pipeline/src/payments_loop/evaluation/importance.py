"""Which features the model lives on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .metrics import Sample, auc

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def permutation_importance(predict: Predict, test: Dataset, seed: int) -> dict[str, float]:
    """AUC that is lost when a feature's column is shuffled, by name, the greatest first.

    Features that carry the same information share it: shuffling one of them costs little.
    """
    rng = np.random.default_rng(seed)
    weight = np.ones(len(test))
    intact = auc(Sample(test.y, predict(test.X)))(weight)
    lost = {}
    for column, feature in enumerate(test.features):
        shuffled = test.X.copy()
        rng.shuffle(shuffled[:, column])
        lost[feature.name] = intact - auc(Sample(test.y, predict(shuffled)))(weight)
    return dict(sorted(lost.items(), key=lambda item: -item[1]))
