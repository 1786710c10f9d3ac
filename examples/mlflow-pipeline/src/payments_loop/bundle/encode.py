"""Rows of named values to the float32 matrix that the model takes, and back.

Training and serving both go through here, so that they cannot encode differently.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import EncodingError
from .schema import Feature

Row = Mapping[str, object]
Value = str | float | None

_FLOAT32_MAX = float(np.finfo(np.float32).max)


class _Column(NamedTuple):
    """How one feature is encoded; the range of a categorical one holds no number."""

    name: str
    codes: dict[str, float] | None
    low: float
    high: float
    nullable: bool


class Encoder:
    """Encodes rows by a list of features; validates while it does.

    Numeric features are taken as they are, categorical ones become the index in `categories`.
    An absent field and an explicit null both mean *missing* and become NaN.
    """

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        self._names = frozenset(feature.name for feature in features)
        self._columns = tuple(_column(feature) for feature in features)

    def encode(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Encode `rows` as float32 [N, F].

        Raises:
            EncodingError: a row has an unknown field, a value of the wrong type, outside its
                range or categories, or a null where none is allowed.
        """
        encoded = [self._encode(index, row) for index, row in enumerate(rows)]
        return np.array(encoded, dtype=np.float32).reshape(len(encoded), len(self._columns))

    def _encode(self, index: int, row: Row) -> list[float]:
        if not row.keys() <= self._names:
            unknown = min(str(key) for key in row.keys() - self._names)
            raise EncodingError(index, unknown, "is not a feature of this model")
        values: list[float] = []
        for name, codes, low, high, _ in self._columns:
            value = row.get(name)
            # Most values, and the one comparison refuses NaN, infinity and what float32 cannot hold.
            if type(value) is float and low <= value <= high:
                values.append(value)
            elif codes is not None and isinstance(value, str) and value in codes:
                values.append(codes[value])
            else:
                values.append(self._encode_other(index, len(values), value))
        return values

    def _encode_other(self, index: int, position: int, value: object) -> float:
        """Encode what is neither a float within its range nor a known category."""
        _, codes, low, high, nullable = self._columns[position]
        if value is None and nullable:
            return math.nan
        if codes is None and isinstance(value, int | float) and low <= value <= high:
            return value
        feature = self.features[position]
        raise EncodingError(index, feature.name, f"must be {allowed(feature)}")

    def decode(self, features: NDArray[np.float32]) -> list[dict[str, Value]]:
        """The inverse of `encode`, for examples and reports: float32 [N, F] to rows."""
        return [
            {
                feature.name: _decoded(feature, value)
                for feature, value in zip(self.features, row, strict=True)
            }
            for row in features
        ]


def allowed(feature: Feature) -> str:
    """What `feature` accepts, in words."""
    if feature.categories is not None:
        words = "one of " + ", ".join(feature.categories)
    elif feature.minimum is not None and feature.maximum is not None:
        words = f"a number from {feature.minimum:g} to {feature.maximum:g}"
    elif feature.minimum is not None:
        words = f"a number of at least {feature.minimum:g}"
    elif feature.maximum is not None:
        words = f"a number of at most {feature.maximum:g}"
    else:
        words = "a finite number"
    return words + (" or null" if feature.nullable else "")


def _column(feature: Feature) -> _Column:
    if feature.categories is not None:
        codes = {category: float(code) for code, category in enumerate(feature.categories)}
        return _Column(feature.name, codes, math.inf, -math.inf, feature.nullable)
    low = -_FLOAT32_MAX if feature.minimum is None else feature.minimum
    high = _FLOAT32_MAX if feature.maximum is None else feature.maximum
    return _Column(feature.name, None, low, high, feature.nullable)


def _decoded(feature: Feature, value: np.float32) -> Value:
    if np.isnan(value):
        return None
    if feature.categories is not None:
        return feature.categories[int(value)]
    return float(str(value))  # the shortest decimal that is this float32: 0.1, not 0.10000000149
