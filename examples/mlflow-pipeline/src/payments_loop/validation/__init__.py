"""Judges data before anything learns from it: batches, the tables of the lake, built features."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from payments_loop.validation.config import Config, ValidationConfigError

if TYPE_CHECKING:
    import polars as pl

    from payments_loop.lake import Batch, Lake
    from payments_loop.lake.verdict import Verdict
    from payments_loop.problem import Problem

__all__ = [
    "Config",
    "ValidationConfigError",
    "check",
    "check_features",
    "check_tables",
]


def check(
    batch: Batch,
    problem: Problem,
    lake: Lake,
    *,
    config: Config | None = None,
) -> Verdict:
    """Judge a batch by its schema and against the last days taken, and write the report.

    Args:
        batch: what arrived.
        problem: says what its table looks like.
        lake: what was taken before; it is only read.
        config: what is tolerated; by default `config/validation.toml` below the working directory.

    Returns:
        What the lake's own check of the columns does not say already.

    Raises:
        ValidationConfigError: the configuration is malformed.
    """
    from payments_loop.validation import report
    from payments_loop.validation.batch import examine

    config = config or Config.load()
    examination = examine(batch, problem, lake, config)
    report.write(examination, config.report.folder)
    return examination.verdict


def check_tables(
    problem: Problem,
    lake: Lake,
    as_of: datetime,
    *,
    config: Config | None = None,
) -> Verdict:
    """Judge whether every table is fresh as of a time: stale is a warning, very stale blocks.

    Raises:
        ValidationConfigError: the configuration is malformed.
    """
    from payments_loop.validation.tables import judge_tables

    return judge_tables(problem, lake, as_of, (config or Config.load()).table.stale)


def check_features(
    frame: pl.DataFrame,
    problem: Problem,
    *,
    config: Config | None = None,
) -> Verdict:
    """Judge built features: columns, nulls, ranges, constants and, with labels, leaks.

    Args:
        frame: a row per decision with the columns of `problem.features`; an optional column
            `target` (0 or 1) is used to find features that nearly are the label.
        problem: says what the features are.
        config: what is tolerated; by default `config/validation.toml` below the working directory.

    Returns:
        Findings; "block" means that nothing should be learned from these rows.

    Raises:
        ValidationConfigError: the configuration is malformed.
    """
    from payments_loop.validation.features import judge_features

    return judge_features(frame, problem, (config or Config.load()).features)
