"""Whether what the champion sees, and what it answers, is still distributed as in its reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle, Distribution
from payments_loop.drift import Detector
from payments_loop.drift.detector import Distance
from payments_loop.drift.statistics import psi_noise
from payments_loop.monitor.finding import Findings
from payments_loop.monitor.settings import MonitorSettings

PREDICTION = "probability"


@dataclass(frozen=True)
class Window:
    """Recent decisions.

    Attributes:
        features: encoded, float32 [N, F].
        probabilities: of the champion [N].
        independent: per feature, how many of the N values count as independent: features computed
            from an entity's past hardly differ between its decisions of a week, so they count as
            many as there are entities.
    """

    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    independent: Mapping[str, int]


def examine(bundle: Bundle, window: Window, settings: MonitorSettings) -> Findings:
    """Compare recent decisions, at least one, with the champion's reference."""
    found = Findings()
    rows = len(window.features)
    matrix = np.column_stack([window.features, window.probabilities])
    report = Detector.of(bundle).measure(matrix)
    references = (*bundle.reference.features, bundle.reference.prediction)
    confidence = 1 - settings.false_alarm / len(references)
    for distance, reference in zip((*report.features, report.prediction), references, strict=True):
        independent = window.independent.get(distance.name, rows)
        noise = _noise(reference, rows, independent, confidence)
        _describe(found, distance, noise)
        _judge(found, distance, noise, settings)
    return found


def _noise(reference: Distribution, rows: int, independent: int, confidence: float) -> float:
    """The PSI that sampling alone stays below; the reference repeats itself as the window does."""
    bins = int(np.count_nonzero(reference.shares))
    share = independent / rows
    return psi_noise(bins, independent, max(1, round(reference.rows * share)), confidence)


def _describe(found: Findings, distance: Distance, noise: float) -> None:
    values = {"psi": distance.psi, "psi_noise": noise, "ks": distance.ks}
    if distance.name == PREDICTION:
        for name, value in values.items():
            if value is not None:
                found.measure(f"prediction_{name}", value)
        return
    for name, value in {**values, "missing": distance.missing}.items():
        if value is not None:
            found.measure(f"feature_{name}", value, feature=distance.name)


def _judge(found: Findings, distance: Distance, noise: float, settings: MonitorSettings) -> None:
    if distance.psi <= max(settings.drift.warning, noise):
        return
    severe = distance.psi > max(settings.drift.alarm, noise)
    prediction = distance.name == PREDICTION
    found.problem(
        "prediction_drift" if prediction else "feature_drift",
        "" if prediction else distance.name,
        "alarm" if severe else "warning",
        f"PSI {distance.psi:.2f}, noise explains up to {noise:.2f}",
    )
