"""Fitting: the baseline and the trees on older rows, calibration on the newest, export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import session
from payments_loop.bundle.schema import INPUT, OUTPUT
from payments_loop.evaluation import Dataset

from . import linear
from .calibration import Calibration, calibrate
from .errors import ExperimentError
from .settings import Settings

if TYPE_CHECKING:
    from lightgbm import Booster

MIN_PER_CLASS = 10
PARITY_ROWS = 20_000  # at most, from all times
# The same for the baseline: a few dozen weights do not gain from more, and time and memory grow with them.
BASELINE_ROWS = 200_000


@dataclass(frozen=True)
class Fitted:
    """A model in the form that is served, and what it is explained and compared with.

    Attributes:
        onnx: the calibrated trees; `features` to `probability`.
        baseline: calibrated logistic regression, in the same form.
        booster: LightGBM's own text, for explanations.
        calibration: what turns a score of the trees into a probability.
        parity: greatest difference between the exported trees and LightGBM, on rows of all times.
        calibrated_on: the rows that the trees were calibrated on.
    """

    onnx: bytes
    baseline: bytes
    booster: str
    calibration: Calibration
    parity: float
    calibrated_on: Dataset


def fit(examples: Dataset, settings: Settings, *, seed: int) -> Fitted:
    """Fit, calibrate and export; `examples` are in order of time.

    Raises:
        ExperimentError: a period has too few rows of a class, or the exported trees answer
            differently from the original ones.
    """
    from threadpoolctl import threadpool_limits

    from payments_loop.bundle.trees import to_onnx

    from .boosting import ensemble, scores

    threads = settings.threads
    older, newest = split(examples, settings.data.calibration)
    booster, calibration = fit_calibrated(older, newest, settings, seed=seed)
    # The number of NumPy's threads changes the last digits, and they wait for each other by spinning.
    with threadpool_limits(1, user_api="blas"):
        some = slice(None, None, -(-len(older) // BASELINE_ROWS))
        simple = linear.fit_linear(
            older.features, older.X[some], older.y[some], settings.baseline.ridge
        )
        baseline = linear.to_onnx(simple, calibrate(simple.score(newest.X), newest.y))
    exported = to_onnx(ensemble(booster), *calibration)
    compared = examples.X[:: -(-len(examples) // PARITY_ROWS)]
    expected = calibration(scores(booster, compared, threads))
    parity = float(np.abs(score(exported, compared) - expected).max())
    if not parity <= settings.max_parity_difference:
        raise ExperimentError(
            f"the exported trees are off by {parity:.1e}, "
            f"allowed are {settings.max_parity_difference:.0e}: has LightGBM changed its format?",
        )
    return Fitted(
        onnx=exported,
        baseline=baseline,
        booster=booster.model_to_string(),
        calibration=calibration,
        parity=parity,
        calibrated_on=newest,
    )


def fit_calibrated(
    older: Dataset, newest: Dataset, settings: Settings, *, seed: int
) -> tuple[Booster, Calibration]:
    """The trees alone: fitted on the older rows, calibrated on the newest."""
    from threadpoolctl import threadpool_limits

    from .boosting import fit_trees, scores

    booster = fit_trees(older, settings.model, seed=seed, threads=settings.threads)
    with threadpool_limits(1, user_api="blas"):
        calibration = calibrate(scores(booster, newest.X, settings.threads), newest.y)
    return booster, calibration


def split(examples: Dataset, share: float) -> tuple[Dataset, Dataset]:
    """The older rows, and the newest `share`; rows of the same time stay together.

    Raises:
        ExperimentError: one of them has too few rows of a class.
    """
    if not len(examples):
        raise ExperimentError("there is no row with a known label: ingest data, or wait for labels")
    first = min(round((1 - share) * len(examples)), len(examples) - 1)
    start = examples.time[first]
    parts = examples.between(None, start), examples.between(start, None)
    for name, part in zip(("fitting", "calibration"), parts, strict=True):
        positives = int(part.y.sum())
        if min(positives, len(part) - positives) < MIN_PER_CLASS:
            raise ExperimentError(
                f"{len(part)} rows for {name} hold {positives} positives, each class needs "
                f"{MIN_PER_CLASS}: use a longer window",
            )
    return parts


def score(model: bytes, X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities [N] of an exported model."""
    result: NDArray[np.float32] = session(model).run([OUTPUT], {INPUT: X})[0]
    return result
