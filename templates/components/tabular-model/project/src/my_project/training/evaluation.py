"""How good the model is on the test set, beside the baseline, the simple rule and the ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from my_project.bundle import Costs

from . import costs as costing
from .metrics import (
    Interval,
    Sample,
    Statistic,
    auc,
    average_precision,
    bootstrap,
    brier,
    calibration_error,
    difference,
    log_loss,
    mean,
    ratio,
)
from .table import Dataset


@dataclass(frozen=True)
class Candidate:
    """The answers of one model on the test set.

    Attributes:
        p: probabilities [N].
        review: where the positive decision is taken [N].
        fixed: the cheapest fixed threshold on the validation set, for comparison.
    """

    p: NDArray[np.floating]
    review: NDArray[np.bool_]
    fixed: float


def evaluate(
    test: Dataset,
    model: Candidate,
    baseline: Candidate,
    *,
    rule_amount: float,
    costs: Costs,
    seed: int,
) -> dict[str, Interval]:
    """Every figure of the report, by name; costs are per 1,000 rows.

    Args:
        test: rows that nothing was fitted on.
        model: the model in question.
        baseline: logistic regression on the same rows.
        rule_amount: the simple rule reviews amounts from here on.
        costs: what decisions cost.
        seed: of the resamples.
    """
    found = _quality(test, model) | _decisions(test, model, costs)
    found |= {f"baseline_{name}": value for name, value in _quality(test, baseline).items()}
    alternatives = {
        "cost_fixed": model.p >= model.fixed,
        "cost_baseline": baseline.review,
        "cost_rule": test.amount >= rule_amount,
        "cost_approve_all": np.zeros(len(test), dtype=bool),
    }
    for name, review in alternatives.items():
        found[name] = mean(costing.per_row(test, review, costs), 1000)
    found["auc_gain"] = difference(found["auc"], found["baseline_auc"])
    found["log_loss_gain"] = difference(found["baseline_log_loss"], found["log_loss"])
    for other in ("fixed", "baseline", "rule"):
        found[f"saving_{other}"] = difference(found[f"cost_{other}"], found["cost"])
    if test.truth is not None:
        found |= _ceiling(Sample(test.y, test.truth), found)
    return bootstrap(found, len(test), seed)


def compare(
    test: Dataset,
    new: NDArray[np.floating],
    old: NDArray[np.floating],
    seed: int,
) -> Interval:
    """How much lower the log loss of the probabilities `new` is, on the same resamples."""
    gain = difference(log_loss(Sample(test.y, old)), log_loss(Sample(test.y, new)))
    return bootstrap({"gain": gain}, len(test), seed)["gain"]


def _quality(test: Dataset, candidate: Candidate) -> dict[str, Statistic]:
    sample = Sample(test.y, candidate.p)
    return {
        "auc": auc(sample),
        "average_precision": average_precision(sample),
        "log_loss": log_loss(sample),
        "brier": brier(sample),
        "calibration_error": calibration_error(sample),
    }


def _decisions(test: Dataset, model: Candidate, costs: Costs) -> dict[str, Statistic]:
    everything = np.ones(len(test), dtype=bool)
    return {
        "cost": mean(costing.per_row(test, model.review, costs), 1000),
        "review_rate": ratio(model.review, everything),
        "precision": ratio(test.y, model.review),
        "recall": ratio(model.review, test.y),
    }


def _ceiling(best: Sample, found: dict[str, Statistic]) -> dict[str, Statistic]:
    """Scores of the true probability, and how much of the way from chance to it the model goes."""
    highest, reached = auc(best), found["auc"]

    def share(weight: NDArray[np.float64]) -> float:
        return (reached(weight) - 0.5) / (highest(weight) - 0.5)

    return {
        "ceiling_auc": highest,
        "ceiling_average_precision": average_precision(best),
        "ceiling_log_loss": log_loss(best),
        "ceiling_share": share,
    }
