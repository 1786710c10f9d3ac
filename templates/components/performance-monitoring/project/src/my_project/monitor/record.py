"""The evidence record of the monitor: how often it is wrong, and what it finds, on drawn windows.

Windows are drawn from the champion's own reference, and labels from its probabilities, so that it
is known whether anything is wrong: nothing, or exactly what was planted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from my_project import evidence
from my_project.bundle import Bundle, Costs
from my_project.drift.synthetic import draw, numeric_features
from my_project.monitor import inputs, labels
from my_project.monitor.settings import MonitorSettings

SEED = 7
DAYS = 7
ROWS_PER_DAY = (100, 1000)
SHIFTS = (0.25, 0.5)  # of one feature, in standard deviations
LOST = (0.25, 0.5)  # share of decisions whose labels have nothing to do with the answers any more
GATE_DAYS = 28


@dataclass(frozen=True)
class Planted:
    """What is wrong in a window: a shift of one feature, or a share of random labels."""

    shift: float = 0.0
    lost: float = 0.0


def write(bundle: Bundle, seeds: int, root: Path = Path()) -> Path:
    """Measure, and write the evidence record.

    Args:
        bundle: the champion.
        seeds: windows per condition.
        root: root of the project.

    Returns:
        The path of the record.
    """
    values = [
        _share(
            f"observations with any false alarm, {rows} decisions a day",
            [bool(problems(bundle, rows, Planted(), seed)) for seed in range(seeds)],
        )
        for rows in ROWS_PER_DAY
    ]
    usual = ROWS_PER_DAY[-1]
    if numeric_features(bundle):
        values += [
            _found(
                f"shift of a feature by {shift:g} sd",
                "feature_drift",
                bundle,
                Planted(shift),
                seeds,
            )
            for shift in SHIFTS
        ]
    values += [
        _found(
            f"{lost:.0%} of the labels random", "performance_drop", bundle, Planted(0, lost), seeds
        )
        for lost in LOST
    ]
    return evidence.write(
        "monitor",
        f"Monitor: windows of {DAYS} days, drawn from the champion's reference",
        values,
        command="my-project monitor measure",
        seed=SEED,
        data_sha256=bundle.manifest.data_sha256,
        details={"model_version": bundle.version, "windows": seeds, "rows_per_day": usual},
        root=root,
    )


def problems(bundle: Bundle, rows_per_day: int, planted: Planted, seed: int) -> set[str]:
    """Names of the problems that are reported for a window with something planted in it."""
    rng = np.random.default_rng([SEED, seed])
    settings = MonitorSettings()
    rows = DAYS * rows_per_day
    shifts = {}
    if planted.shift:
        columns = numeric_features(bundle)
        shifts = {columns[seed % len(columns)]: planted.shift}
    p = _answers(bundle, rows, rng)
    window = inputs.Window(draw(bundle, rows, rng, shifts), p.astype(np.float32), {})
    found = inputs.examine(bundle, window, settings)
    promised = labels.auc(_labelled(_answers(bundle, GATE_DAYS * rows_per_day, rng), 0, rng))
    promise = labels.Promise(promised.value, promised.error, {})
    matured = {f"{DAYS}d": _labelled(p, planted.lost, rng)}
    costs = bundle.manifest.costs or Costs(review=1, fee=1)
    found.add(labels.examine(matured, promise, costs, settings, {f"{DAYS}d": ""}))
    return {problem.name for problem in found.problems}


def _answers(bundle: Bundle, rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
    quantiles = bundle.reference.prediction.quantiles
    return np.interp(rng.random(rows), np.linspace(0, 1, len(quantiles)), quantiles)


def _labelled(p: NDArray[np.float64], lost: float, rng: np.random.Generator) -> labels.Matured:
    """Labels that come true as often as predicted, a share of them for the wrong decisions."""
    truth = p.copy()
    chosen = np.flatnonzero(rng.random(len(p)) < lost)
    truth[chosen] = truth[rng.permutation(chosen)]
    return labels.Matured(
        y=rng.random(len(p)) < truth,
        p=p,
        positive=np.zeros(len(p), dtype=bool),
        amount=np.zeros(len(p)),
        clusters=(np.arange(len(p)) * DAYS // len(p))[None],
    )


def _found(
    what: str,
    name: str,
    bundle: Bundle,
    planted: Planted,
    seeds: int,
) -> evidence.Value:
    usual = ROWS_PER_DAY[-1]
    hits = [name in problems(bundle, usual, planted, seed) for seed in range(seeds)]
    return _share(f"found: {what}, {usual} decisions a day", hits)


def _share(name: str, hits: Sequence[bool]) -> evidence.Value:
    low, high = evidence.wilson(sum(hits), len(hits))
    return evidence.Value(name, sum(hits) / len(hits), low=low, high=high)
