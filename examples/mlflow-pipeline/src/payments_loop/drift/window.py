"""The recent rows, in a ring buffer bounded by count and by age."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


class Window:
    """The last ``capacity`` rows that are at most ``max_age`` seconds old.

    Appending copies into preallocated memory: it is on the request path. Reading copies out, so that
    statistics run elsewhere on a stable array. Both may happen in different threads.

    Memory: ``capacity * (columns * 4 + 8)`` bytes.
    """

    def __init__(
        self,
        capacity: int,
        columns: int,
        max_age: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allocate an empty window.

        Args:
            capacity: rows kept at most.
            columns: values per row.
            max_age: seconds after which a row no longer counts.
            clock: seconds from a monotonic clock.

        Raises:
            ValueError: if ``capacity`` or ``max_age`` is not positive.
        """
        if capacity < 1 or max_age <= 0:
            raise ValueError(f"capacity {capacity} and max_age {max_age} must be positive")
        self._capacity = capacity
        self._features = np.empty((capacity, columns - 1), np.float32)
        self._probabilities = np.empty(capacity, np.float32)
        self._times = np.full(capacity, -np.inf)
        self._max_age = max_age
        self._clock = clock
        self._next = 0
        self._lock = threading.Lock()

    def append(self, features: Rows, probabilities: Rows) -> None:
        """Add scored rows, overwriting the oldest ones.

        Args:
            features: shape [n, columns - 1].
            probabilities: shape [n]; stored as the last column.
        """
        capacity, rows = self._capacity, len(features)
        if rows > capacity:
            rows = capacity
            features, probabilities = features[-rows:], probabilities[-rows:]
        with self._lock:
            start = self._next
            if start + rows <= capacity:
                self._write(start, features, probabilities)
            else:
                fitting = capacity - start
                self._write(start, features[:fitting], probabilities[:fitting])
                self._write(0, features[fitting:], probabilities[fitting:])
            self._next = (start + rows) % capacity

    def _write(self, start: int, features: Rows, probabilities: Rows) -> None:
        where = slice(start, start + len(features))
        self._features[where] = features
        self._probabilities[where] = probabilities
        self._times[where] = self._clock()

    def snapshot(self) -> Rows:
        """A copy of the rows still counted, shape [n, columns], in no particular order."""
        with self._lock:
            kept = self._times >= self._clock() - self._max_age
            return np.column_stack([self._features[kept], self._probabilities[kept]])
