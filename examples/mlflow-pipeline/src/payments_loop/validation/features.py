"""Checks of a built feature table, the last ones before something is learned from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from payments_loop.lake.verdict import Finding, Verdict
from payments_loop.validation.config import FeatureLimits, Limits
from payments_loop.validation.statistics import ranking

if TYPE_CHECKING:
    from payments_loop.problem import FeatureSpec, Problem

TARGET = "target"
_LEAK_ROWS = 200
_LEAK_POSITIVES = 20


@dataclass(frozen=True)
class _About:
    """What a finding says: column, sentence, rows concerned, all rows."""

    column: str
    detail: str
    count: int
    rows: int


def judge_features(frame: pl.DataFrame, problem: Problem, limits: FeatureLimits) -> Verdict:
    """Judge features as they are about to be used.

    Args:
        frame: a row per decision with the columns of `problem.features`; with a column `target`
            (0 or 1) each feature is also tried as a predictor of it.
        problem: says what the features are.
        limits: what is tolerated.
    """
    found: list[Finding] = []
    if not frame.height:
        return Verdict((Finding("rows", "block", None, "there are no rows"),))
    for name, spec in problem.features.items():
        if (fault := _fault(frame, name, spec)) is not None:
            about = _About(name, fault, frame.height, frame.height)
            found += _given("columns", limits.columns, 1, about)
            continue
        found += _column(frame[name], spec, limits)
        if TARGET in frame.columns:
            found += _leak(frame.select(name, TARGET), limits.leak)
    return Verdict(tuple(found))


def _fault(frame: pl.DataFrame, name: str, spec: FeatureSpec) -> str | None:
    if name not in frame.columns:
        return "the column is missing"
    dtype = frame.schema[name]
    if spec.kind == "categorical":
        fits = dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum)
    else:
        fits = dtype.is_numeric() or dtype == pl.Boolean
    return None if fits or dtype == pl.Null else f"the type is {dtype}, not {spec.kind}"


def _column(column: pl.Series, spec: FeatureSpec, limits: FeatureLimits) -> Iterator[Finding]:
    name, rows = column.name, len(column)
    if spec.kind == "numeric":
        column = column.cast(pl.Float64).fill_nan(None)
    nulls = column.null_count()
    if nulls:
        check, limit = ("missing", limits.missing) if spec.nullable else ("nulls", limits.nulls)
        detail = f"null in {nulls:,} rows ({nulls / rows:.2%})"
        detail += "" if spec.nullable else ", and the feature allows none"
        yield from _given(check, limit, nulls / rows, _About(name, detail, nulls, rows))
    present = column.drop_nulls()
    if present.n_unique() <= 1:
        about = _About(name, "it never varies", rows, rows)
        yield from _given("constant", limits.constant, 1, about)
    if spec.categories is not None:
        unknown = present.cast(pl.String).filter(~present.cast(pl.String).is_in(spec.categories))
        shown = ", ".join(unknown.unique().sort()[:3])
        detail = f"{len(unknown):,} rows have unknown values, e.g. {shown}"
        about = _About(name, detail, len(unknown), rows)
        yield from _given("values", limits.values, len(unknown) / rows, about)
    elif spec.kind == "numeric":
        yield from _range(present, spec, limits.range, rows)


def _range(present: pl.Series, spec: FeatureSpec, limits: Limits, rows: int) -> Iterator[Finding]:
    low = -np.inf if spec.minimum is None else spec.minimum
    high = np.inf if spec.maximum is None else spec.maximum
    values = present.to_numpy()
    outside = int((~np.isfinite(values) | (values < low) | (values > high)).sum())
    detail = f"{outside:,} rows ({outside / rows:.2%}) are outside {low:g} to {high:g}"
    yield from _given("range", limits, outside / rows, _About(present.name, detail, outside, rows))


def _leak(pair: pl.DataFrame, limits: Limits) -> Iterator[Finding]:
    """A single feature that separates the classes almost perfectly was written after the fact.

    Numbers are tried as they are, categories by the share of positives in them, and both by
    whether they are missing, which betrays fields that are filled in later.
    """
    name = pair.columns[0]
    pair = pair.drop_nulls(TARGET)
    y = pair[TARGET].cast(pl.Float64).to_numpy()
    positives = int(y.sum())
    if len(y) < _LEAK_ROWS or min(positives, len(y) - positives) < _LEAK_POSITIVES:
        return
    feature = pair[name]
    if feature.dtype.is_numeric() or feature.dtype == pl.Boolean:
        values = feature.cast(pl.Float64).fill_nan(None)
    else:
        shares = pl.col(TARGET).cast(pl.Float64).mean().over(name)
        values = pair.select(pl.when(pl.col(name).is_not_null()).then(shares)).to_series()
    scores = [ranking(y, values.is_null().cast(pl.Float64).to_numpy())]
    known = values.is_not_null().to_numpy()
    if y[known].sum() >= _LEAK_POSITIVES:
        scores.append(ranking(y[known], values.drop_nulls().to_numpy()))
    worst = max(max(score, 1 - score) for score in scores)
    detail = f"alone it separates the classes (AUC {worst:.3f}): is it known at the decision?"
    yield from _given("leak", limits, worst, _About(name, detail, len(y), len(pair)))


def _given(check: str, limits: Limits, size: float, about: _About) -> Iterator[Finding]:
    severity = limits.severity(size)
    if severity != "pass":
        share = about.count / max(about.rows, 1)
        yield Finding(check, severity, about.column, about.detail, about.count, share)
