"""The figures of a candidate that cost little: no resampling, for use in every retraining."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Costs
from payments_loop.evaluation import (
    Answers,
    Dataset,
    Sample,
    area,
    delong,
    metrics,
)
from payments_loop.evaluation import costs as costing

Probabilities = NDArray[np.floating]


def answers(rows: Dataset, p: Probabilities, costs: Costs) -> Answers:
    """The decisions that probabilities [N] lead to."""
    return Answers(p=p, review=costing.decide(rows, p, costs))


def judge(
    rows: Dataset,
    model: Probabilities,
    baseline: Probabilities,
    costs: Costs,
) -> dict[str, float]:
    """Figures by name, of the model and of the baseline on the same rows; costs per 1,000 rows."""
    found = _quality(rows, model, costs)
    found |= {f"baseline_{name}": value for name, value in _quality(rows, baseline, costs).items()}
    interval = area(rows.y, model)
    gain = delong(rows.y, model, baseline)
    found |= {
        "auc_low": interval.low,
        "auc_high": interval.high,
        "auc_gain": gain.value,
        "auc_gain_low": gain.low,
        "auc_gain_p_value": gain.p_value,
        "cost_approve_all": _cost(rows, np.zeros(len(rows), dtype=bool), costs),
        "base_rate": float(rows.y.mean()),
        "decision_rate": float(answers(rows, model, costs).review.mean()),
        "rows": float(len(rows)),
    }
    if rows.truth is not None:
        found["ceiling_auc"] = area(rows.y, rows.truth).value
    return found


def _quality(rows: Dataset, p: Probabilities, costs: Costs) -> dict[str, float]:
    sample, weight = Sample(rows.y, p), np.ones(len(rows))
    return {
        "auc": metrics.auc(sample)(weight),
        "average_precision": metrics.average_precision(sample)(weight),
        "log_loss": metrics.log_loss(sample)(weight),
        "brier": metrics.brier(sample)(weight),
        "calibration_error": metrics.calibration_error(sample)(weight),
        "cost_per_1000": _cost(rows, answers(rows, p, costs).review, costs),
    }


def _cost(rows: Dataset, review: NDArray[np.bool_], costs: Costs) -> float:
    return float(1000 * costing.per_row(rows, review, costs).mean())
