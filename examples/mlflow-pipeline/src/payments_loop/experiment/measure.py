"""The evidence of a candidate: every figure with a resampled interval, plots, and the groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from payments_loop import evidence
from payments_loop.bundle import Bundle
from payments_loop.evaluation import (
    Answers,
    Dataset,
    Interval,
    delong,
    evaluate,
    importance,
    plots,
)
from payments_loop.evidence import Plot, Value

from . import explanation, fairness, report
from .candidate import Candidate
from .errors import ExperimentError
from .judge import answers

if TYPE_CHECKING:
    from payments_loop.lake import Lake
    from payments_loop.problem import Problem

COMMAND = "payments-loop experiment --evidence"
PLOTS = (
    Plot("evidence/experiment-curves.png", "ROC and precision-recall curves with 95 % bands"),
    Plot("evidence/experiment-calibration.png", "Observed against predicted share per tenth"),
    Plot("evidence/experiment-cost.png", "Cost per 1,000 decisions against the saving asked for"),
    Plot("evidence/experiment-importance.png", "AUC lost when each feature is shuffled"),
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
    ("log_loss", "Log loss", "lower is better"),
    ("baseline_log_loss", "Log loss, logistic regression", ""),
    ("ceiling_log_loss", "Log loss, best possible", ""),
    ("calibration_error", "Expected calibration error", "ten bins of equal mass"),
)
COSTS = (
    ("cost", "Cost per 1,000 decisions", "by expected loss"),
    ("saving_baseline", "Saving over logistic regression", "paired"),
    ("saving_approve_all", "Saving over never acting", "paired"),
)
DECISIONS = (
    ("review_rate", "Positive decisions", ""),
    ("recall", "Positives that get one", "recall"),
    ("precision", "Positives among them", "precision"),
)


def write(
    candidate: Candidate,
    problem: Problem,
    lake: Lake,
    *,
    as_of: datetime,
    until: datetime,
    root: Path = Path(),
) -> list[Path]:
    """Write the records `experiment` and `experiment-groups` and their plots below `root`.

    Raises:
        ExperimentError: there are no held-out rows.
    """
    from payments_loop.features import examples

    if candidate.judged_on != "held-out":
        raise ExperimentError(
            f"no rows from {until:%Y-%m-%d} on have a known label: an earlier --until holds some out",
        )
    rows = examples(problem, lake, start=until, end=as_of, as_of=as_of).dataset
    made = Bundle.load(candidate.path)
    costs, seed = problem.bundle_costs(), made.manifest.seed or 0
    model = answers(rows, made.predict(rows.X), costs)
    simple = answers(rows, explanation.baseline(made, rows.X), costs)
    found = evaluate(rows, model, simple, costs=costs, seed=seed)
    lost = importance.permutation_importance(made.predict, rows, seed)
    folder = root / evidence.FOLDER
    plots.discrimination(root / PLOTS[0].path, rows, model, simple, seed)
    plots.calibration(root / PLOTS[1].path, rows, model)
    plots.cost(root / PLOTS[2].path, rows, model, simple, evaluation=found, costs=costs)
    plots.importance(root / PLOTS[3].path, lost)
    test = delong(rows.y, model.p, simple.p)
    written = [
        evidence.write(
            "experiment",
            f"Candidate {made.version} on rows that are newer than what it was fitted on",
            [*_values(found, problem), *_context(candidate, rows, test.p_value, until)],
            command=COMMAND,
            seed=made.manifest.seed,
            data_sha256=made.manifest.data_sha256,
            plots=PLOTS,
            details={"permutation_importance": lost, "parameters": dict(candidate.parameters)},
            root=folder.parent,
        )
    ]
    if problem.slices.columns:
        written.append(_groups(made, problem, rows, model, root))
    return written


def _values(found: Mapping[str, Interval], problem: Problem) -> list[Value]:
    unit = problem.costs.currency
    values = [_value(found, *row) for row in SCORES if row[0] in found]
    values += [_value(found, *row, unit=unit) for row in COSTS]
    return values + [_value(found, *row, unit="%", scale=100) for row in DECISIONS]


def _context(
    candidate: Candidate,
    rows: Dataset,
    p_value: float,
    until: datetime,
) -> list[Value]:
    last = candidate.last + timedelta(days=1)
    return [
        Value("p-value of the gain", p_value, note="DeLong, one-sided"),
        Value("Held-out rows", len(rows), note=f"from {until:%Y-%m-%d} on"),
        Value("Positives among them", int(rows.y.sum())),
        Value("Rows fitted on", candidate.rows, note=f"{candidate.first:%Y-%m-%d} to {last:%F}"),
        Value("Parity with LightGBM", candidate.metrics["parity"], note="greatest difference"),
    ]


def _groups(
    made: Bundle,
    problem: Problem,
    rows: Dataset,
    model: Answers,
    root: Path,
) -> Path:
    seed = made.manifest.seed or 0
    parts = report.slice_up(rows, model, problem.slices.columns, seed)
    _, positive = problem.target.decisions
    values = [
        Value(
            part.name,
            round(100 * part.false_alarms.value, 3),
            "%",
            low=round(100 * part.false_alarms.low, 3),
            high=round(100 * part.false_alarms.high, 3),
            note=_note(part.rows, part.auc, part.recall),
        )
        for part in parts
    ]
    found = fairness.notes(parts, positive)
    values += [Value(f"Finding {number}", note) for number, note in enumerate(found, 1)]
    return evidence.write(
        "experiment-groups",
        f"Share of the negatives that get '{positive}' in each group",
        values,
        command=COMMAND,
        seed=seed,
        data_sha256=made.manifest.data_sha256,
        details={"groups": fairness.table(parts)},
        root=root,
    )


def _note(rows: int, auc: Interval | None, recall: Interval) -> str:
    ranking = "AUC unknown" if auc is None else f"AUC {auc.value:.3f}"
    return f"{rows:,} rows, {ranking}, recall {recall.value:.1%}"


def _value(
    found: Mapping[str, Interval],
    name: str,
    title: str,
    note: str,
    *,
    unit: str = "",
    scale: float = 1,
) -> Value:
    value, low, high = (scale * number for number in found[name])
    return Value(title, value, unit, low=low, high=high, note=note)
