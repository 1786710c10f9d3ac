"""The evidence records `model` and `slices`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from fraud_scoring import evidence
from fraud_scoring.evaluation import Interval, plots
from fraud_scoring.evaluation.slices import Slice
from fraud_scoring.evidence import Plot, Value

from .config import Config
from .measure import Measurement

COMMAND = "fraud-scoring evaluate"
PLOTS = (
    Plot("evidence/discrimination.png", "ROC and precision-recall curves with 95 % bands"),
    Plot("evidence/calibration.png", "Observed against predicted share, with intervals"),
    Plot("evidence/cost.png", "Cost per 1,000 decisions against the saving asked of a review"),
    Plot("evidence/importance.png", "AUC lost when each feature is shuffled"),
)

# Name in the evaluation, name in the table, note. The ones that need the truth may be absent.
SCORES = (
    ("auc", "ROC AUC", ""),
    ("baseline_auc", "ROC AUC, logistic regression", ""),
    ("auc_gain", "ROC AUC, gain over logistic regression", "paired"),
    ("ceiling_auc", "ROC AUC, best possible", "of the true probability"),
    ("ceiling_share", "Share of the way from chance to the best possible", "by ROC AUC"),
    ("average_precision", "PR AUC", "average precision"),
    ("baseline_average_precision", "PR AUC, logistic regression", ""),
    ("ceiling_average_precision", "PR AUC, best possible", ""),
    ("log_loss", "Log loss", "lower is better"),
    ("baseline_log_loss", "Log loss, logistic regression", ""),
    ("ceiling_log_loss", "Log loss, best possible", ""),
    ("brier", "Brier score", "lower is better"),
    ("calibration_error", "Expected calibration error", "ten bins of equal mass"),
)
COSTS = (
    ("cost", "Cost per 1,000 decisions", "review where it is expected to save more than it costs"),
    ("cost_baseline", "Cost, logistic regression", "deciding the same way"),
    ("saving_baseline", "Saving over logistic regression", "paired"),
    ("cost_fixed", "Cost, one threshold for all amounts", "tuned on the validation period"),
    ("cost_rule", "Cost, amount rule", "tuned on the validation period"),
    ("saving_rule", "Saving over the amount rule", "paired"),
    ("cost_approve_all", "Cost, approve all", ""),
)
DECISIONS = (
    ("review_rate", "Reviewed", ""),
    ("recall", "Positives reviewed", "recall"),
    ("precision", "Positives among the reviewed", "precision"),
)


def write(measured: Measurement, config: Config, root: Path) -> list[Path]:
    """Write the records `model` and `slices` and their plots below `root`; returns the records."""
    _draw(measured, config, root / evidence.FOLDER)
    written = [_write_model(measured, config, root)]
    if measured.slices:
        written.append(_write_slices(measured, config, root))
    return written


def _draw(measured: Measurement, config: Config, folder: Path) -> None:
    test, model, baseline = measured.prepared.splits.test, measured.model, measured.baseline
    plots.discrimination(folder / "discrimination.png", test, model, baseline, config.seed)
    plots.calibration(folder / "calibration.png", test, model)
    plots.cost(
        folder / "cost.png",
        test,
        model,
        baseline,
        evaluation=measured.evaluation,
        costs=config.policy,
    )
    plots.importance(folder / "importance.png", measured.importance)


def _write_model(measured: Measurement, config: Config, root: Path) -> Path:
    bundle, found = measured.bundle, measured.evaluation
    test = measured.prepared.splits.test
    values = [_value(found, *row) for row in SCORES if row[0] in found]
    values += [_value(found, *row, unit=config.costs.currency) for row in COSTS]
    values += [_value(found, *row, unit="%", scale=100) for row in DECISIONS]
    values += [
        Value("Threshold at the median amount", bundle.threshold, note="from the costs"),
        Value("Test rows", len(test), note=f"{test.time[0]:.10} to {test.time[-1]:.10}"),
        Value("Positives among them", int(test.y.sum())),
        Value("Rows in all", measured.prepared.rows),
    ]
    return evidence.write(
        "model",
        f"Model {bundle.version} on the test period",
        values,
        command=COMMAND,
        seed=config.seed,
        data_sha256=measured.prepared.sha256,
        plots=PLOTS,
        details={
            "model_version": bundle.version,
            "trained_on_data_sha256": bundle.manifest.data_sha256,
            "fixed_threshold": _finite(measured.model.fixed),
            "amount_rule_from": _finite(measured.rule_amount),
            "permutation_importance": measured.importance,
        },
        root=root,
    )


def _write_slices(measured: Measurement, config: Config, root: Path) -> Path:
    return evidence.write(
        "slices",
        "ROC AUC by slice of the test period",
        [_slice_value(part) for part in measured.slices],
        command=COMMAND,
        seed=config.seed,
        data_sha256=measured.prepared.sha256,
        details={"slices": [_slice_details(part) for part in measured.slices]},
        root=root,
    )


def _finite(threshold: float | None) -> float | None:
    """None for a threshold above everything: nothing was worth a review."""
    return None if threshold is None or math.isinf(threshold) else threshold


def _value(
    found: Mapping[str, Interval],
    key: str,
    name: str,
    note: str,
    *,
    unit: str = "",
    scale: float = 1,
) -> Value:
    value, low, high = (scale * number for number in found[key])
    return Value(name, value, unit, low, high, note)


def _slice_value(part: Slice) -> Value:
    note = (
        f"{part.rows:,} rows; predicted {part.predicted:.2%}, "
        f"observed {part.observed.value:.2%} ({part.observed.low:.2%} to {part.observed.high:.2%}); "
        f"false alarms {part.false_alarms.value:.1%}"
    )
    if part.auc is None:
        return Value(part.name, f"{part.positives} positives are too few", note=note)
    return Value(part.name, part.auc.value, "", part.auc.low, part.auc.high, note)


def _slice_details(part: Slice) -> dict[str, object]:
    return {
        "slice": part.name,
        "rows": part.rows,
        "positives": part.positives,
        "auc": part.auc and part.auc._asdict(),
        "predicted": part.predicted,
        "observed": part.observed._asdict(),
        "false_alarms": part.false_alarms._asdict(),
    }
