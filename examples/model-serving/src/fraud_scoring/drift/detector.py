"""Compares a window of scored rows with the reference in a model's bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.bundle import Bundle, Distribution
from fraud_scoring.drift.statistics import (
    kolmogorov_smirnov,
    psi,
    psi_noise,
    wasserstein,
)

Floats = NDArray[np.floating]

# Between "slight" (0.1) and "major" (0.25) by the usual rule of thumb. The alert rules use the same.
PSI_THRESHOLD = 0.2
# The PSI of fewer rows is dominated by sampling: its mean without drift is (bins - 1) / rows.
MINIMUM_ROWS = 1000


@dataclass(frozen=True)
class Distance:
    """How far one variable of a window is from its reference.

    Attributes:
        name: feature name, or `probability`.
        psi: population stability index.
        noise: the PSI that windows of this size exceed once in a thousand without any drift.
        ks: Kolmogorov-Smirnov distance; None for categories, which have no order.
        wasserstein: Wasserstein-1 distance in the variable's unit; None for categories.
        missing: share of missing values in the window; unknown categories count as missing.
    """

    name: str
    psi: float
    noise: float
    ks: float | None
    wasserstein: float | None
    missing: float

    def drifted(self, threshold: float = PSI_THRESHOLD) -> bool:
        """Whether the index is both large and beyond what sampling explains."""
        return self.psi > max(threshold, self.noise)


@dataclass(frozen=True)
class Report:
    """The distances of one window."""

    rows: int
    features: tuple[Distance, ...]
    prediction: Distance


class Detector:
    """Measures windows against one reference; holds no window itself, so it can be shared."""

    def __init__(self, variables: Sequence[Distribution], categorical: Sequence[bool]) -> None:
        """Prepare the comparison.

        Args:
            variables: the reference distribution of every column of a window, in order.
            categorical: for every column, whether its values are codes without an order.
        """
        self._variables = [
            _Variable(distribution, is_categorical)
            for distribution, is_categorical in zip(variables, categorical, strict=True)
        ]

    @classmethod
    def of(cls, bundle: Bundle) -> Detector:
        """The detector for windows of the features of ``bundle`` followed by its probability."""
        reference = bundle.reference
        categorical = [feature.categories is not None for feature in bundle.features]
        return cls([*reference.features, reference.prediction], [*categorical, False])

    def measure(self, window: Floats) -> Report:
        """Compare every column of a window with its reference.

        Args:
            window: shape [rows, features + 1], NaN for missing; the last column is the probability.

        Raises:
            ValueError: if the window is empty.
        """
        distances = [
            variable.distance(column)
            for variable, column in zip(self._variables, window.T, strict=True)
        ]
        return Report(len(window), tuple(distances[:-1]), distances[-1])


class _Variable:
    """One reference distribution, as arrays."""

    def __init__(self, distribution: Distribution, categorical: bool) -> None:
        self._distribution = distribution
        self._categorical = categorical
        self._shares = np.array(distribution.shares)
        self._quantiles = np.array(distribution.quantiles)

    def distance(self, values: Floats) -> Distance:
        reference = self._distribution
        ks = earth_mover = None
        if not self._categorical:
            ks = kolmogorov_smirnov(values, self._quantiles, reference.shares[-1])
            earth_mover = wasserstein(values, self._quantiles)
        return Distance(
            name=reference.name,
            psi=psi(reference.counts(values), self._shares, reference.rows),
            noise=psi_noise(int(np.count_nonzero(self._shares)), len(values), reference.rows),
            ks=ks,
            wasserstein=earth_mover,
            missing=float(np.isnan(values).mean()),
        )
