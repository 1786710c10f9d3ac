"""Asks `payments_loop.validation` about every batch before the lake takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payments_loop.lake import Batch, Lake
    from payments_loop.lake.verdict import Verdict
    from payments_loop.problem import Problem


def check(batch: Batch, problem: Problem, lake: Lake) -> Verdict:
    """Judge a batch against the days before it, and write its report."""
    from payments_loop import validation

    return validation.check(batch, problem, lake)


def finish() -> None:
    """Bring the reports of a run into their index."""
    from payments_loop.validation import Config, report

    report.refresh(Config.load().report.folder)
