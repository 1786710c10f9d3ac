"""Watches the traffic of the champion: collects on the request path, measures off it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle
from payments_loop.drift.detector import Detector, Report
from payments_loop.drift.window import Window

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Watched:
    """One champion with its own window: rows scored by different models are never mixed."""

    version: str
    detector: Detector
    window: Window


class Monitor:
    """The window of the current champion.

    `observe` and `evaluate` may run in different threads; each of them in one thread at a time.
    """

    def __init__(
        self,
        *,
        capacity: int,
        max_age: float,
        minimum_rows: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without a champion.

        Args:
            capacity: rows kept at most.
            max_age: seconds that a row counts.
            minimum_rows: rows below which a window is not measured.
            clock: seconds from a monotonic clock.
        """
        self._capacity = capacity
        self._max_age = max_age
        self._minimum_rows = minimum_rows
        self._clock = clock
        self._watched: _Watched | None = None

    def observe(self, bundle: Bundle, features: Floats, probabilities: Floats) -> None:
        """Add rows that the champion scored; a new champion starts with an empty window.

        Args:
            bundle: the champion.
            features: its encoded input, shape [n, features], NaN for missing.
            probabilities: its output, shape [n].
        """
        watched = self._watched
        if watched is None or watched.version != bundle.version:
            watched = self._watched = self._watch(bundle)
        watched.window.append(features, probabilities)

    def _watch(self, bundle: Bundle) -> _Watched:
        columns = len(bundle.features) + 1
        window = Window(self._capacity, columns, self._max_age, self._clock)
        return _Watched(bundle.version, Detector.of(bundle), window)

    def evaluate(self) -> tuple[int, Report | None]:
        """Measure the window.

        Returns:
            The rows in the window, and their report if they are enough.
        """
        watched = self._watched
        if watched is None:
            return 0, None
        rows = watched.window.snapshot()
        if len(rows) < self._minimum_rows:
            return len(rows), None
        return len(rows), watched.detector.measure(rows)
