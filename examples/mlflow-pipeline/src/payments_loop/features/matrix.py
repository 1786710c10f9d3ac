"""The one place where named values become the float32 matrix that a model takes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop.bundle import Feature
from payments_loop.bundle.encode import allowed
from payments_loop.features.errors import FeatureError

_FLOAT32_MAX = float(np.finfo(np.float32).max)


def matrix(frame: pl.DataFrame, features: Sequence[Feature]) -> NDArray[np.float32]:
    """Encode a frame as `Bundle.encode` encodes single rows, to the last bit.

    Args:
        frame: has a column for every feature, numbers or strings.
        features: columns of the matrix, in order.

    Returns:
        float32 [N, F]; missing values are NaN, categories their index.

    Raises:
        FeatureError: a column is missing, or holds values that the feature does not allow.
    """
    encoded = np.empty((frame.height, len(features)), dtype=np.float32)
    for position, feature in enumerate(features):
        if feature.name not in frame.columns:
            raise FeatureError(f"no column {feature.name!r}; there are {', '.join(frame.columns)}")
        encoded[:, position] = _encoded(frame[feature.name], feature)
    return encoded


def _encoded(column: pl.Series, feature: Feature) -> NDArray[np.float64]:
    if feature.categories is not None:
        codes = {name: float(code) for code, name in enumerate(feature.categories)}
        values = (
            column.cast(pl.String)
            .replace_strict(codes | {None: math.nan}, default=math.inf, return_dtype=pl.Float64)
            .to_numpy()
        )
        wrong = np.isinf(values)
    else:
        values = column.cast(pl.Float64).to_numpy()
        low = -_FLOAT32_MAX if feature.minimum is None else feature.minimum
        high = _FLOAT32_MAX if feature.maximum is None else feature.maximum
        wrong = (values < low) | (values > high)
    if not feature.nullable:
        wrong |= np.isnan(values)
    if bad := np.count_nonzero(wrong):
        raise FeatureError(
            f"{feature.name}: {bad} of {len(column)} values are not {allowed(feature)}"
        )
    return values
