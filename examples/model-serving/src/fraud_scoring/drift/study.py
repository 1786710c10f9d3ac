"""How the detector behaves on a known truth: false alarms without a shift, delay with one.

Rows are drawn from the champion's own reference (see `synthetic`), so the results hold for the
margins of the features that it really has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.bundle import Bundle, Distribution
from fraud_scoring.drift.detector import PSI_THRESHOLD
from fraud_scoring.drift.statistics import psi
from fraud_scoring.drift.synthetic import draw, numeric_features

WINDOW = 5000
STEP = 100
SHIFTS = (0.1, 0.25, 0.5, 1.0)
ALARM_ROWS = (100, 300, 1000, 5000)
ALARM_WINDOWS_PER_SEED = 10
SEED = 7

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Delays:
    """What one size of shift did in every repetition.

    Attributes:
        shift: in standard deviations, see `synthetic.draw`.
        rows: rows after the shift until the first alarm; NaN where none came in two windows.
        paths: PSI after every `STEP` rows, shape [repetitions, steps].
    """

    shift: float
    rows: Floats
    paths: Floats


def false_alarms(bundle: Bundle, rows: int, seeds: Sequence[int]) -> int:
    """Windows without any shift in which at least one feature exceeds the threshold."""
    alarms = 0
    for seed in seeds:
        rng = np.random.default_rng([SEED, rows, seed])
        for _ in range(ALARM_WINDOWS_PER_SEED):
            window = draw(bundle, rows, rng)
            columns = zip(bundle.reference.features, window.T, strict=True)
            worst = max(_psi(distribution, values) for distribution, values in columns)
            alarms += worst > PSI_THRESHOLD
    return alarms


def delays(bundle: Bundle, shift: float, seeds: Sequence[int]) -> Delays:
    """Shift one numeric feature, a different one for every seed, and watch its index.

    The window is full of unshifted rows when the shift begins; it is measured every `STEP` rows
    until two windows of shifted rows have passed.

    Raises:
        ValueError: if the model has no numeric feature that varies.
    """
    columns = numeric_features(bundle)
    if not columns:
        raise ValueError(f"model {bundle.version} has no numeric feature to shift")
    paths = np.array([_path(bundle, columns[seed % len(columns)], shift, seed) for seed in seeds])
    crossed = paths > PSI_THRESHOLD
    first = (crossed.argmax(axis=1) + 1.0) * STEP
    return Delays(shift, np.where(crossed.any(axis=1), first, np.nan), paths)


def _path(bundle: Bundle, column: int, shift: float, seed: int) -> Floats:
    rng = np.random.default_rng([SEED, seed])
    before = draw(bundle, WINDOW, rng)[:, column]
    after = draw(bundle, 2 * WINDOW, rng, {column: shift})[:, column]
    stream = np.concatenate([before, after])
    distribution = bundle.reference.features[column]
    ends = range(WINDOW + STEP, len(stream) + 1, STEP)
    return np.array([_psi(distribution, stream[end - WINDOW : end]) for end in ends])


def _psi(distribution: Distribution, values: Floats) -> float:
    return psi(distribution.counts(values), np.array(distribution.shares), distribution.rows)


def mean_interval(values: Floats) -> tuple[float, float]:
    """95 % confidence interval of the mean, by the percentile bootstrap."""
    rng = np.random.default_rng(SEED)
    means = rng.choice(values, (2000, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return min(float(low), float(values.mean())), max(float(high), float(values.mean()))
