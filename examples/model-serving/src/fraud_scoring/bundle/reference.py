"""The distributions a model was trained on, small enough to ship with it (`reference.json`).

Serving compares live traffic with them: binned shares for the population stability index,
quantiles for the Kolmogorov-Smirnov and Wasserstein distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .schema import OUTPUT, Feature

BINS = 10
QUANTILES = 1001

Floats = NDArray[np.floating]


class Distribution(BaseModel):
    """One feature, or the prediction, over the reference rows.

    Attributes:
        name: feature name, or `probability` for the prediction.
        edges: inner bin edges, strictly ascending; k edges make k + 1 bins and bin i holds
            `edges[i - 1] < x <= edges[i]`.
        shares: expected share per bin; k + 2 values, the last one for missing; they sum to 1.
        quantiles: 1001 quantiles (0, 0.001, ..., 1) of the values present; empty if none is.
        rows: number of rows described, missing ones included.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    quantiles: tuple[float, ...]
    rows: int = Field(ge=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.shares) != len(self.edges) + 2:
            raise ValueError(f"{self.name}: k edges need k + 2 shares")
        if any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError(f"{self.name}: edges must ascend")
        return self

    def counts(self, values: Floats) -> NDArray[np.int64]:
        """Rows of `values` [N] per bin of this distribution, the last bin counting NaN."""
        return bin_counts(values, np.asarray(self.edges))


class Reference(BaseModel):
    """The contents of `reference.json`: a distribution per feature, and of the prediction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[Distribution, ...]
    prediction: Distribution


def build(
    features: Sequence[Feature],
    matrix: NDArray[np.float32],
    probabilities: NDArray[np.float32],
) -> Reference:
    """Describe encoded rows [N, F] and their predictions [N]; N is at least 1."""
    return Reference(
        features=tuple(
            distribution(feature.name, matrix[:, column], _category_edges(feature))
            for column, feature in enumerate(features)
        ),
        prediction=distribution(OUTPUT, probabilities),
    )


def distribution(name: str, values: Floats, edges: Floats | None = None) -> Distribution:
    """Describe `values` [N]; the bins hold equal mass unless `edges` are given."""
    present = values[~np.isnan(values)].astype(np.float64)
    if edges is None:
        edges = _equal_mass_edges(present)
    quantiles = np.quantile(present, np.linspace(0, 1, QUANTILES)) if len(present) else present
    return Distribution(
        name=name,
        edges=tuple(edges.tolist()),
        shares=tuple((bin_counts(values, edges) / len(values)).tolist()),
        quantiles=tuple(quantiles.tolist()),
        rows=len(values),
    )


def bin_counts(values: Floats, edges: Floats) -> NDArray[np.int64]:
    """Counts of `values` in the k + 1 bins between k ascending `edges`, then of NaN."""
    bins = np.searchsorted(edges, values, side="left")
    bins[np.isnan(values)] = len(edges) + 1
    return np.bincount(bins, minlength=len(edges) + 2)


def _equal_mass_edges(present: Floats) -> Floats:
    """Inner deciles, without the repeats that point masses (a count of 0) produce.

    An edge at the maximum is dropped: nothing could ever lie above it in the reference.
    """
    if not len(present):
        return np.empty(0)
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(present, inner, method="inverted_cdf"))
    below_maximum: Floats = edges[edges < present.max()]
    return below_maximum


def _category_edges(feature: Feature) -> Floats | None:
    if feature.categories is None:
        return None
    return np.arange(len(feature.categories) - 1) + 0.5
