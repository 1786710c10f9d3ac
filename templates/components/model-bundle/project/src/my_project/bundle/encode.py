"""Rows of named values to the float32 matrix that the model takes, and back.

Training and serving both go through here, so that they cannot encode differently.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from .errors import EncodingError
from .schema import Feature

Row = Mapping[str, object]
Value = str | float | None

_FLOAT32_MAX = float(np.finfo(np.float32).max)


class _Column(NamedTuple):
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
        for position, (name, codes, low, high, nullable) in enumerate(self._columns):
            value = row.get(name)
            if value is None and nullable:
                values.append(math.nan)
            elif codes is not None:
                code = codes.get(value) if isinstance(value, str) else None
                if code is None:
                    self._refuse(index, position)
                values.append(code)
            # One comparison refuses NaN, infinity and what float32 cannot hold as well.
            elif isinstance(value, int | float) and low <= value <= high:
                values.append(value)
            else:
                self._refuse(index, position)
        return values

    def _refuse(self, index: int, position: int) -> NoReturn:
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
    codes = None
    if feature.categories is not None:
        codes = {category: float(code) for code, category in enumerate(feature.categories)}
    low = -_FLOAT32_MAX if feature.minimum is None else feature.minimum
    high = _FLOAT32_MAX if feature.maximum is None else feature.maximum
    return _Column(feature.name, codes, low, high, feature.nullable)


def _decoded(feature: Feature, value: np.float32) -> Value:
    if np.isnan(value):
        return None
    if feature.categories is not None:
        return feature.categories[int(value)]
    return float(str(value))  # the shortest decimal that is this float32: 0.1, not 0.10000000149
