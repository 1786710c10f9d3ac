"""How good the model is on the test set, beside the baseline, the simple rule and the ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Costs

from . import costs as costing
from .dataset import Dataset
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


@dataclass(frozen=True)
class Answers:
    """The answers of one model on the test set.

    Attributes:
        p: probabilities [N].
        review: where the positive decision is taken [N].
        fixed: the cheapest fixed threshold on other rows, for comparison.
    """

    p: NDArray[np.floating]
    review: NDArray[np.bool_]
    fixed: float | None = None


def evaluate(
    test: Dataset,
    model: Answers,
    baseline: Answers,
    *,
    costs: Costs,
    seed: int,
    rule_amount: float | None = None,
) -> dict[str, Interval]:
    """Every figure of the report, by name; costs are per 1,000 rows.

    Args:
        test: rows that nothing was fitted on.
        model: the model in question.
        baseline: logistic regression on the same rows.
        costs: what decisions cost.
        seed: of the resamples.
        rule_amount: the simple rule reviews amounts from here on; None without such a rule.
    """
    found = _quality(test, model) | _decisions(test, model, costs)
    found |= {f"baseline_{name}": value for name, value in _quality(test, baseline).items()}
    alternatives = {"approve_all": np.zeros(len(test), dtype=bool), "baseline": baseline.review}
    if model.fixed is not None:
        alternatives["fixed"] = model.p >= model.fixed
    if rule_amount is not None:
        alternatives["rule"] = test.amount >= rule_amount
    for name, review in alternatives.items():
        found[f"cost_{name}"] = mean(costing.per_row(test, review, costs), 1000)
        found[f"saving_{name}"] = difference(found[f"cost_{name}"], found["cost"])
    found["auc_gain"] = difference(found["auc"], found["baseline_auc"])
    found["log_loss_gain"] = difference(found["baseline_log_loss"], found["log_loss"])
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


def _quality(test: Dataset, candidate: Answers) -> dict[str, Statistic]:
    sample = Sample(test.y, candidate.p)
    return {
        "auc": auc(sample),
        "average_precision": average_precision(sample),
        "log_loss": log_loss(sample),
        "brier": brier(sample),
        "calibration_error": calibration_error(sample),
    }


def _decisions(test: Dataset, model: Answers, costs: Costs) -> dict[str, Statistic]:
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
