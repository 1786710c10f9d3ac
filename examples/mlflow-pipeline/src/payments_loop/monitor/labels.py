"""How good decisions were whose labels have matured, beside what the champion promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Costs
from payments_loop.evaluation import area
from payments_loop.monitor.finding import Findings, critical
from payments_loop.monitor.report import Severity
from payments_loop.monitor.settings import MonitorSettings

Floats = NDArray[np.float64]
NORMAL_95 = 1.959963984540054
SMALLEST = 1e-7
THOUSAND = 1000


@dataclass(frozen=True)
class Matured:
    """Decisions with final labels; every array [N] has one entry per decision.

    Attributes:
        y: whether it was positive.
        p: what the model had said.
        positive: whether the positive decision was taken.
        amount: at stake, besides the fee; 0 without such a column.
        clusters: [C, N]: for each thing that decisions may have in common, such as their day or their
            customer, which of them a decision belongs to (0, 1, ...).
    """

    y: NDArray[np.bool_]
    p: Floats
    positive: NDArray[np.bool_]
    amount: Floats
    clusters: NDArray[np.int64]

    def rows(self, mask: NDArray[np.bool_]) -> Matured:
        """The decisions of a mask [N]."""
        return Matured(
            self.y[mask],
            self.p[mask],
            self.positive[mask],
            self.amount[mask],
            self.clusters[:, mask],
        )


@dataclass(frozen=True)
class Promise:
    """The champion's own result on rows that it had not learned from, at the gate.

    Attributes:
        auc: area under the ROC curve.
        error: standard error of it.
        others: further results by the name of the measure, e.g. `log_loss`.
    """

    auc: float
    error: float
    others: dict[str, float]


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        half = NORMAL_95 * self.error
        return self.value - half, self.value + half


def examine(
    windows: Mapping[str, Matured],
    promise: Promise | None,
    costs: Costs,
    settings: MonitorSettings,
    incomplete: Mapping[str, str],
) -> Findings:
    """Measure quality, and compare it with the promise.

    Args:
        windows: decisions by the window's name, such as `7d`.
        promise: what is compared with; None if the champion came without.
        costs: of decisions.
        settings: limits.
        incomplete: per window, why labels may be missing; empty if none are. Positives without a
            label count as negatives, so a drop is then no proof against the model, and a warning.
    """
    found = Findings()
    if promise:
        found.measure("auc_promised", promise.auc)
        for name, value in promise.others.items():
            found.measure(f"{name}_promised", value)
    for name, matured in windows.items():
        found.measure("matured_rows", len(matured.y), window=name)
        found.measure("matured_positives", int(matured.y.sum()), window=name)
        if not len(matured.y):
            continue
        _rates(found, matured, costs, name)
        judge = _Judge(found, settings, name, len(windows), incomplete[name])
        judge.ranking(matured, promise)
        judge.calibration(matured)
    return found


def auc(matured: Matured) -> Estimate:
    """Area under the ROC curve, with DeLong's standard error.

    Raises:
        EvaluationError: a class has fewer than two rows.
    """
    found = area(matured.y, matured.p)
    return Estimate(found.value, max(found.high - found.value, found.value - found.low) / NORMAL_95)


def calibration(matured: Matured) -> Estimate:
    """Observed over expected positives, with the largest of several standard errors.

    One follows from the probabilities themselves, if rows are independent. The others hold when
    positives come together: in a day, or for weeks at one place (cluster-robust; Liang and Zeger,
    Biometrika 73, 1986).
    """
    expected = matured.p.sum()
    model = (matured.p * (1 - matured.p)).sum()
    between = (_between(cluster, matured.y - matured.p) for cluster in matured.clusters)
    variance = max(model, *between)
    return Estimate(float(matured.y.sum() / expected), sqrt(variance) / float(expected))


def _between(cluster: NDArray[np.int64], surplus: Floats) -> float:
    """Variance of the sum of all surplus, from how much that of clusters differs."""
    _, each = np.unique(cluster, return_inverse=True)
    sums = np.bincount(each, surplus)
    return float(len(sums) * sums.var(ddof=1)) if len(sums) > 1 else 0.0


def _rates(found: Findings, matured: Matured, costs: Costs, window: str) -> None:
    p = np.clip(matured.p, SMALLEST, 1 - SMALLEST)
    loss = matured.y * (matured.amount + costs.fee)
    cost = np.where(matured.positive, costs.review + (1 - costs.caught) * loss, loss)
    for name, per_row in {
        "base_rate": matured.y.astype(np.float64),
        "log_loss": -np.log(np.where(matured.y, p, 1 - p)),
        "cost_per_1000": THOUSAND * cost,
    }.items():
        estimate = _mean(per_row)
        low, high = estimate.interval
        found.measure(name, estimate.value, max(0.0, low), high, window=window)


def _mean(values: Floats) -> Estimate:
    error = values.std(ddof=1) / sqrt(len(values)) if len(values) > 1 else 0.0
    return Estimate(float(values.mean()), float(error))


@dataclass(frozen=True)
class _Judge:
    """The verdicts about one of several windows."""

    found: Findings
    settings: MonitorSettings
    window: str
    windows: int
    incomplete: str

    def ranking(self, matured: Matured, promise: Promise | None) -> None:
        """Whether the AUC has dropped by more than both results' noise explains."""
        if not self._enough(int(matured.y.sum()), int((~matured.y).sum())):
            return
        live = auc(matured)
        low, high = live.interval
        self._measure("auc", live.value, max(0.0, low), min(1.0, high))
        if promise is None:
            return
        drop = Estimate(promise.auc - live.value, sqrt(live.error**2 + promise.error**2))
        self._measure("auc_drop", drop.value, *drop.interval)
        noise = critical(self.settings.false_alarm, self.windows) * drop.error
        if drop.value > max(self.settings.performance.auc_drop, noise):
            self._problem(
                "performance_drop",
                f"AUC {live.value:.3f} after {promise.auc:.3f} at the gate: {drop.value:.3f} less, "
                f"where noise explains {noise:.3f}",
            )

    def calibration(self, matured: Matured) -> None:
        """Whether positives are rarer or more frequent than predicted, beyond noise."""
        expected = matured.p.sum()
        if not self._enough(expected, len(matured.p) - expected):
            return
        ratio = calibration(matured)
        low, high = ratio.interval
        self._measure("calibration_ratio", ratio.value, max(0.0, low), high)
        noise = critical(self.settings.false_alarm, self.windows, sides=2) * ratio.error
        tolerated = self.settings.performance.calibration
        off = not 1 / tolerated <= ratio.value <= tolerated
        if off and abs(ratio.value - 1) > noise:
            self._problem(
                "calibration_off",
                f"{int(matured.y.sum())} positives where {expected:.0f} were expected, "
                f"{ratio.value:.2f} times as many",
            )

    def _enough(self, positives: float, negatives: float) -> bool:
        return min(positives, negatives) >= self.settings.performance.minimum_positives

    def _measure(self, name: str, value: float, low: float, high: float) -> None:
        self.found.measure(name, value, low, high, window=self.window)

    def _problem(self, name: str, detail: str) -> None:
        severity: Severity = "warning" if self.incomplete else "alarm"
        doubt = f"; but {self.incomplete}" if self.incomplete else ""
        self.found.problem(name, self.window, severity, detail + doubt)
