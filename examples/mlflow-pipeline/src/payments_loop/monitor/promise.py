"""What the champion scored on held-out rows before it was promoted: the yardstick of its life."""

from __future__ import annotations

from math import sqrt

from payments_loop.bundle import Bundle
from payments_loop.monitor.labels import NORMAL_95, Promise

# Name of the measure to names under which a bundle may have it
_OTHERS = {
    "log_loss": ("log_loss",),
    "cost_per_1000": ("cost_per_1000", "cost"),
    "base_rate": ("base_rate",),
}


def promise(bundle: Bundle) -> Promise | None:
    """The result in a bundle's manifest, with its uncertainty; None if it has none.

    The standard error comes from `auc_low` and `auc_high`; without them from `rows` and `base_rate`
    (Hanley and McNeil, Radiology 143, 1982); without these the result counts as exact.
    """
    metrics = bundle.manifest.metrics
    if "auc" not in metrics:
        return None
    others = {
        name: next(metrics[known] for known in aliases if known in metrics)
        for name, aliases in _OTHERS.items()
        if any(known in metrics for known in aliases)
    }
    return Promise(metrics["auc"], _error(metrics), others)


def _error(metrics: dict[str, float]) -> float:
    if "auc_low" in metrics and "auc_high" in metrics:
        return (metrics["auc_high"] - metrics["auc_low"]) / 2 / NORMAL_95
    if "rows" in metrics and 0 < metrics.get("base_rate", 0) < 1:
        positives = metrics["rows"] * metrics["base_rate"]
        return hanley(metrics["auc"], positives, metrics["rows"] - positives)
    return 0.0


def hanley(auc: float, positives: float, negatives: float) -> float:
    """Standard error of an AUC that so many rows of each class gave."""
    both_above = auc / (2 - auc)
    above_both = 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (positives - 1) * (both_above - auc**2)
        + (negatives - 1) * (above_both - auc**2)
    )
    return sqrt(max(variance, 0) / (positives * negatives))
