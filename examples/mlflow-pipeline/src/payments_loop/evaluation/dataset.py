"""Labelled rows as arrays: what models are fitted and judged on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Feature


@dataclass(frozen=True)
class Dataset:
    """Rows in order of time; every array has one entry per row.

    Attributes:
        features: the columns of `X`.
        X: encoded rows, float32 [N, F].
        y: whether the row is positive.
        time: datetime64 in UTC.
        amount: what is lost with a missed positive, besides the fee; 0 without such a column.
        truth: true probability, where it is known.
    """

    features: tuple[Feature, ...]
    X: NDArray[np.float32]
    y: NDArray[np.bool_]
    time: NDArray[np.datetime64]
    amount: NDArray[np.float64]
    truth: NDArray[np.float64] | None

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `X`."""
        return tuple(feature.name for feature in self.features)

    def rows(self, index: slice | NDArray[np.bool_] | NDArray[np.integer]) -> Dataset:
        """The rows of `index`: a slice, a mask [N] or positions in ascending order."""
        return Dataset(
            self.features,
            self.X[index],
            self.y[index],
            self.time[index],
            self.amount[index],
            None if self.truth is None else self.truth[index],
        )

    def between(self, start: np.datetime64 | None, end: np.datetime64 | None) -> Dataset:
        """The rows with `start <= time < end`; None leaves that side open."""
        first = 0 if start is None else int(np.searchsorted(self.time, start))
        last = len(self) if end is None else int(np.searchsorted(self.time, end))
        return self.rows(slice(first, max(first, last)))
