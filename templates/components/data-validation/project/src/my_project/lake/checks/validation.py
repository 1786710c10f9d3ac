"""Asks `my_project.validation` about every batch before the lake takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from my_project.lake import Batch, Lake
    from my_project.lake.verdict import Verdict
    from my_project.problem import Problem


def check(batch: Batch, problem: Problem, lake: Lake) -> Verdict:
    """Judge a batch against the days before it, and write its report."""
    from my_project import validation

    return validation.check(batch, problem, lake)


def finish() -> None:
    """Bring the reports of a run into their index."""
    from my_project.validation import Config, report

    report.refresh(Config.load().report.folder)
