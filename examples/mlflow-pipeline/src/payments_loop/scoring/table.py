"""The lake's table `scores`: one row per decision and model, a partition per day.

The deciding model's rows have the role `champion`, a shadow's `challenger`. Features are stored as
the model saw them, so that drift is measured on, and explanations are given for, its real input.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop.bundle import Bundle
from payments_loop.lake import Lake, LakeError

TABLE = "scores"
Role = Literal["champion", "challenger"]


def read(
    lake: Lake,
    *,
    start: datetime,
    end: datetime,
    role: Role | None = "champion",
) -> pl.DataFrame | None:
    """Scores of decisions with start <= at < end, by time and row.

    Args:
        lake: where they are.
        start: first moment.
        end: moment after the last.
        role: of the model; None for all.

    Returns:
        The rows, or None if nothing was ever scored.
    """
    try:
        rows = lake.scan(TABLE, start=start, end=end)
    except LakeError:
        return None
    if role is not None:
        rows = rows.filter(pl.col("role") == role)
    return rows.sort("at", "row_id", "role").collect()


def rows(
    frame: pl.DataFrame,
    bundle: Bundle,
    features: NDArray[np.float32],
    role: Role,
) -> pl.DataFrame:
    """Score encoded rows, and lay them out for the table, without reasons.

    Args:
        frame: `row_id`, `at`, entities and features of N decisions.
        bundle: the model.
        features: the same decisions as the model sees them [N, F].
        role: of the model.
    """
    probability = bundle.predict(features)
    threshold = bundle.thresholds(features)
    negative, positive = bundle.manifest.decisions
    return frame.with_columns(
        *_as_seen(bundle, features),
        pl.Series("probability", probability, pl.Float32),
        pl.Series("decision", np.where(probability >= threshold, positive, negative), pl.String),
        pl.Series("threshold", threshold, pl.Float64),
        pl.lit(bundle.version).alias("model_version"),
        pl.lit(role, pl.String).alias("role"),
        pl.lit([], pl.List(pl.String)).alias("reasons"),
    )


def _as_seen(bundle: Bundle, features: NDArray[np.float32]) -> list[pl.Series]:
    """The encoded columns, with names of categories and nulls instead of codes and NaN."""
    columns = []
    for feature, codes in zip(bundle.features, features.T, strict=True):
        column = pl.Series(feature.name, codes).fill_nan(None)
        if feature.categories is not None:
            names = pl.Series(feature.categories, dtype=pl.String)
            column = names.gather(column.cast(pl.UInt32)).alias(feature.name)
        columns.append(column)
    return columns
