"""Checks of the data before anything is trained on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl

from fraud_scoring.bundle import Feature
from fraud_scoring.evaluation import Sample
from fraud_scoring.evaluation.metrics import auc

from .config import Config
from .table import positive, time_of

MIN_ROWS = 500
MIN_POSITIVES = 50
MAX_NULL_SHARE = 0.95
LEAK_AUC = 0.985
LOW_WEEK_SHARE = 0.25


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the data; `block` forbids training."""

    severity: Literal["block", "warn"]
    check: str
    message: str


def validate(
    frame: pl.DataFrame,
    features: tuple[Feature, ...],
    config: Config,
) -> list[Finding]:
    """Everything that is wrong with the table, what blocks first."""
    found = [*_identity(frame, config), *_target(frame, config), *_time(frame, config)]
    for feature in features:
        found += _column(frame[feature.name], feature)
    if not any(finding.severity == "block" for finding in found):
        found += _leaks(frame, features, config)
    return sorted(found, key=lambda finding: finding.severity)


def _identity(frame: pl.DataFrame, config: Config) -> Iterator[Finding]:
    if len(frame) < MIN_ROWS:
        yield Finding("block", "volume", f"{len(frame)} rows; at least {MIN_ROWS} are needed")
    name = config.data.id
    if name is None:
        if repeated := len(frame) - frame.n_unique():
            yield Finding("warn", "duplicates", f"{repeated} rows repeat another one in full")
    elif repeated := len(frame) - frame[name].n_unique():
        yield Finding("block", "duplicates", f"{repeated} rows repeat the {name} of another one")


def _target(frame: pl.DataFrame, config: Config) -> Iterator[Finding]:
    data = config.data
    column = frame[data.target]
    if column.has_nulls():
        yield Finding("block", "target", f"{data.target} has {column.null_count()} nulls")
    if data.amount is not None:
        yield from _amount(frame[data.amount])
    plain = data.positive is None and data.target_above is None
    if plain and not (column.dtype == pl.Boolean or set(column.drop_nulls().unique()) <= {0, 1}):
        yield Finding(
            "block",
            "target",
            f"{data.target} is neither 0/1 nor true/false: set `positive` or `target_above`",
        )
        return
    positives = int(frame.select(positive(data).sum()).item())
    rarer = min(positives, len(frame) - positives)
    if rarer < MIN_POSITIVES:
        message = f"{positives} of {len(frame)} rows are positive; "
        yield Finding("block", "balance", message + f"both classes need {MIN_POSITIVES}")


def _amount(column: pl.Series) -> Iterator[Finding]:
    if not column.dtype.is_numeric():
        yield Finding("block", "amount", f"{column.name} is {column.dtype}, not a number")
    elif column.has_nulls() or (column < 0).any():
        yield Finding("block", "amount", f"{column.name} must be known and not negative")


def _time(frame: pl.DataFrame, config: Config) -> Iterator[Finding]:
    data = config.data
    if not frame.schema[data.time].is_temporal() or frame.schema[data.time] == pl.Time:
        kind = frame.schema[data.time]
        yield Finding("block", "time", f"{data.time} is {kind}, not a date or a time stamp")
        return
    if frame[data.time].has_nulls():
        yield Finding("block", "time", f"{data.time} has {frame[data.time].null_count()} nulls")
        return
    time = frame.select(time_of(frame, data.time)).to_series()
    if not time.is_sorted():
        yield Finding(
            "warn", "time order", f"rows are not in order of {data.time}; they are sorted"
        )
    now = data.as_of or datetime.now(UTC)
    newest = time.max()
    if not isinstance(newest, datetime):
        return
    if newest > now:
        yield Finding("block", "time", f"the newest row is of {newest}, later than {now}")
    if data.max_age_days and now - newest > timedelta(days=data.max_age_days):
        age = (now - newest).days
        message = f"the newest row is {age} days old, more than {data.max_age_days:g}"
        yield Finding("block", "freshness", message)
    yield from _volume(time)


def _volume(time: pl.Series) -> Iterator[Finding]:
    """Weeks with far fewer rows than usual: lost files, broken joins. The ends are cut off."""
    weeks = time.dt.truncate("1w").value_counts(name="rows").sort(time.name)
    inner = weeks[1:-1]
    if len(inner) == 0:
        return
    low = inner.filter(pl.col("rows") < LOW_WEEK_SHARE * pl.col("rows").median())
    if len(low):
        first = low[time.name][0]
        yield Finding("warn", "volume", f"{len(low)} weeks have few rows, first that of {first:%F}")


def _column(column: pl.Series, feature: Feature) -> Iterator[Finding]:
    name = feature.name
    nulls = column.null_count()
    if nulls and not feature.nullable:
        yield Finding("block", "nulls", f"{name} has {nulls} nulls and allows none")
    if nulls > MAX_NULL_SHARE * len(column):
        yield Finding("warn", "nulls", f"{name} is null in {nulls} of {len(column)} rows")
    present = column.drop_nulls()
    if present.n_unique() <= 1:
        yield Finding("warn", "constant", f"{name} never varies")
    if feature.categories is not None:
        unknown = sorted(set(present.cast(pl.String).unique()) - set(feature.categories))
        if unknown:
            yield Finding("block", "categories", f"{name} has unknown values: {', '.join(unknown)}")
    else:
        yield from _range(present.cast(pl.Float64), feature)


def _range(present: pl.Series, feature: Feature) -> Iterator[Finding]:
    if infinite := int(present.is_infinite().sum()):
        yield Finding("block", "range", f"{feature.name} is infinite in {infinite} rows")
    low = -np.inf if feature.minimum is None else feature.minimum
    high = np.inf if feature.maximum is None else feature.maximum
    outside = int((~present.is_between(low, high)).sum())
    if outside:
        message = f"{feature.name} is outside {low:g} to {high:g} in {outside} rows"
        yield Finding("block", "range", message)


def _leaks(
    frame: pl.DataFrame,
    features: tuple[Feature, ...],
    config: Config,
) -> Iterator[Finding]:
    """A single number that separates the classes almost perfectly was written after the fact."""
    y = frame.select(positive(config.data)).to_series().to_numpy()
    for feature in features:
        values = frame[feature.name]
        if feature.categories is not None or values.null_count() == len(values):
            continue
        score = values.fill_null(values.median()).cast(pl.Float64).to_numpy()
        separation = auc(Sample(y, score))(np.ones(len(y)))
        if max(separation, 1 - separation) > LEAK_AUC:
            message = f"{feature.name} alone separates the classes (AUC {separation:.3f}): "
            yield Finding("block", "leak", message + "known only afterwards? Add it to `drop`")
