"""Rows drawn from a bundle's reference: realistic margins without any data set.

Columns are drawn independently, so joint behaviour is *not* realistic: use it to test detectors and
to load services, not to judge models.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.bundle import Bundle, Distribution, Feature

Floats = NDArray[np.float64]


def numeric_features(bundle: Bundle) -> list[int]:
    """Columns that can be shifted: numeric, and not constant in the reference."""
    return [
        column
        for column, feature in enumerate(bundle.features)
        if feature.categories is None and _varies(bundle.reference.features[column])
    ]


def _varies(distribution: Distribution) -> bool:
    return len(set(distribution.quantiles)) > 1


def draw(
    bundle: Bundle,
    rows: int,
    rng: np.random.Generator,
    shifts: Mapping[int, float] | None = None,
) -> NDArray[np.float32]:
    """Draw encoded rows, shape [rows, features], NaN for missing.

    A shift moves a column on the scale of its normal scores: a value at quantile u of the reference
    moves to quantile ``Phi(Phi^-1(u) + shift)``. For a normal feature that adds ``shift`` standard
    deviations; for any other it moves as much mass, without leaving the range of valid values.

    Args:
        bundle: whose reference is drawn from.
        rows: how many.
        rng: source of randomness.
        shifts: column to shift, in standard deviations of the normal scores.

    Raises:
        ValueError: if a column to be shifted is categorical or constant.
    """
    shifts = shifts or {}
    if unfit := shifts.keys() - set(numeric_features(bundle)):
        raise ValueError(f"columns {sorted(unfit)} cannot be shifted")
    described = zip(bundle.features, bundle.reference.features, strict=True)
    columns = [
        _column(feature, distribution, rows, rng, shifts.get(index, 0.0))
        for index, (feature, distribution) in enumerate(described)
    ]
    return np.column_stack(columns).astype(np.float32)


def _column(
    feature: Feature,
    distribution: Distribution,
    rows: int,
    rng: np.random.Generator,
    shift: float,
) -> Floats:
    shares = np.array(distribution.shares)
    if feature.categories is not None:
        codes = np.append(np.arange(len(feature.categories), dtype=np.float64), np.nan)
        return rng.choice(codes, rows, p=shares / shares.sum())
    if not distribution.quantiles:
        return np.full(rows, np.nan)
    levels = _shifted(rng.standard_normal(rows), shift)
    grid = np.linspace(0, 1, len(distribution.quantiles))
    values = np.interp(levels, grid, distribution.quantiles)
    values[rng.random(rows) < shares[-1]] = np.nan
    return values


def _shifted(scores: Floats, shift: float) -> Floats:
    """Quantile levels in (0, 1) of shifted standard normal scores."""
    normal = NormalDist(-shift)
    return np.fromiter((normal.cdf(score) for score in scores), np.float64, len(scores))
