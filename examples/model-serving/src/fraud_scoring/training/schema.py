"""The features of a table: declared for generated payments, inferred for a file."""

from __future__ import annotations

import polars as pl

from fraud_scoring.bundle import Feature
from fraud_scoring.data import PAYMENT_FEATURES

from .config import Config
from .errors import TrainingError

# More distinct texts than this are names or notes, not categories.
MAX_CATEGORIES = 50


def features_of(frame: pl.DataFrame, config: Config) -> tuple[Feature, ...]:
    """Features of the table, with the overrides of `[features.NAME]` applied.

    Raises:
        TrainingError: a configured column does not exist, or a column cannot be a feature.
    """
    _require_columns(frame, config)
    features = PAYMENT_FEATURES if config.data.generated else _infer(frame, config)
    names = {feature.name for feature in features}
    if unknown := sorted(config.features.keys() - names):
        raise TrainingError(f"[features.{unknown[0]}]: there is no such feature")
    kept = [feature for feature in features if feature.name not in config.data.drop]
    return tuple(_overridden(feature, config) for feature in kept)


def _require_columns(frame: pl.DataFrame, config: Config) -> None:
    data = config.data
    wanted = [data.target, data.time, data.id, data.amount, data.truth, *data.drop]
    missing = [name for name in wanted if name is not None and name not in frame.columns]
    if missing:
        known = ", ".join(frame.columns)
        raise TrainingError(f"[data]: no column {missing[0]!r}; there are: {known}")


def _infer(frame: pl.DataFrame, config: Config) -> tuple[Feature, ...]:
    data = config.data
    special = {data.target, data.time, data.id, data.truth, *data.drop}
    return tuple(_feature(frame[name]) for name in frame.columns if name not in special)


def _feature(column: pl.Series) -> Feature:
    nullable = column.has_nulls()
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return Feature(name=column.name, kind="numeric", nullable=nullable)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise TrainingError(f"column {column.name!r} is a {column.dtype}: add it to `drop`")
    categories = tuple(column.drop_nulls().cast(pl.String).unique().sort())
    if not 1 <= len(categories) <= MAX_CATEGORIES:
        raise TrainingError(
            f"column {column.name!r} has {len(categories)} distinct texts, "
            f"1 to {MAX_CATEGORIES} can be categories: group them or add it to `drop`",
        )
    return Feature(name=column.name, kind="categorical", categories=categories, nullable=nullable)


def _overridden(feature: Feature, config: Config) -> Feature:
    override = config.features.get(feature.name)
    if override is None:
        return feature
    changes = override.model_dump(exclude_none=True)
    return Feature.model_validate(feature.model_dump() | changes)
