"""Explains the boosted trees of an experiment: Shapley values, in log-odds."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle

BOOSTER = "booster.txt"  # what an experiment adds to its bundles


def explain(bundle: Bundle, features: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """What each feature adds to the score of each row [N, F]; None for a model of another origin.

    LightGBM is a library for training: without it scores are given without reasons.
    """
    from payments_loop import experiment

    if find_spec("lightgbm") is None or BOOSTER not in bundle.manifest.files:
        return None
    return experiment.explain(bundle, features)
