"""A regression gate: the configured service must not answer worse than it did.

The comparison is against numbers in the repository and not against another branch's, so that a
pull request that lowers them on purpose has to say so, by changing the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from docs_qa.rag_eval import abstention, retrieval
from docs_qa.rag_eval.setup import Setup

_DIGITS = 4


class GateError(ValueError):
    """There is nothing to compare with; the message says what to do."""


class Row(NamedTuple):
    """One metric, now and in the baseline; higher is better."""

    name: str
    now: float
    before: float
    passed: bool


def measure(setup: Setup) -> dict[str, float]:
    """Measure the service as configured, without a chat model: deterministic, at no cost.

    Returns:
        Metrics by name over all questions, each in [0, 1], higher is better.
    """
    asked = [question for question in setup.questions if question.answerable]
    rank = retrieval.ranker(setup.corpus, setup.search, rewrite=True, filters=True)
    places = list(setup.corpus.places.values())
    ranking = retrieval.run("configured", rank, asked, setup.gold, places)
    answering = setup.quote("configured", setup.questions)
    point = abstention.at(answering.cases, setup.answers.evidence.extractive, setup.config.wrong)
    measured = {f"search: {name}": mean(values) for name, values in ranking.values.items()}
    for metric in ("facts said", "citation precision", "citation recall"):
        measured[f"answers: {metric}"] = mean(answering.values(metric))
    measured["abstention: answerable questions answered"] = point.answered
    measured["abstention: unanswerable questions refused"] = point.refused
    return {name: round(value, _DIGITS) for name, value in measured.items()}


def save(measured: Mapping[str, float], path: Path) -> None:
    """Write a new baseline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(measured), indent=2) + "\n", encoding="utf-8")


def compare(measured: Mapping[str, float], path: Path, tolerance: float) -> list[Row]:
    """Compare with the baseline, metric by metric.

    Args:
        measured: by `measure`.
        path: of the baseline.
        tolerance: by which a metric may be lower.

    Raises:
        GateError: the baseline is missing, no baseline, or of other metrics.
    """
    how = "write a new one with `docs-qa evaluate-answers --gate --update`"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GateError(f"there is no baseline {path}: {how}") from error
    except ValueError as error:
        raise GateError(f"{path} is no baseline: {error}") from error
    if not isinstance(before, dict) or set(before) != set(measured):
        raise GateError(f"{path} is of other metrics: {how}")
    return [
        Row(name, now, before[name], now >= before[name] - tolerance)
        for name, now in measured.items()
    ]
