"""What was known about a customer at the moment of each payment.

Every function takes one row per payment and looks at *earlier payments of the same customer* only,
so a feature computed here cannot contain the future. Ties in time count as not earlier.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class History:
    """Earlier payments per customer, in O(n log n).

    Args:
        customer: customer number, from 0, of each payment [N].
        time: seconds since some start, not negative [N]; any order.
    """

    def __init__(self, customer: Ints, time: Ints) -> None:
        self._order = np.lexsort((time, customer))
        self._customer = customer[self._order]
        self._time = time[self._order]
        # Customer and time in one ascending number, so that one binary search finds a window.
        self._span = int(time.max(initial=0)) + 1
        self._key = self._customer * self._span + self._time
        self._first = np.searchsorted(self._customer, self._customer)
        self._now = np.searchsorted(self._key, self._key)

    def seconds_since_last(self) -> Floats:
        """Seconds since the customer's last payment [N]; NaN for the first."""
        last = self._time[np.maximum(self._now - 1, 0)]
        since = (self._time - last).astype(np.float64)
        since[self._now == self._first] = np.nan
        return self._unsorted(since)

    def count(self, seconds: int) -> Floats:
        """Payments in the last `seconds` [N]."""
        return self._unsorted((self._now - self._window(seconds)).astype(np.float64))

    def total(self, amount: Floats, seconds: int) -> Floats:
        """Sum of `amount` [N] over the last `seconds` [N]."""
        sums = self._sums(amount)
        return self._unsorted(sums[self._now] - sums[self._window(seconds)])

    def mean(self, amount: Floats, at_least: int) -> Floats:
        """Mean `amount` of all earlier payments [N]; NaN with fewer than `at_least` of them."""
        sums = self._sums(amount)
        count = self._now - self._first
        mean = (sums[self._now] - sums[self._first]) / np.maximum(count, 1)
        mean[count < at_least] = np.nan
        return self._unsorted(mean)

    def _window(self, seconds: int) -> Ints:
        begin = self._customer * self._span + np.maximum(self._time - seconds, 0)
        return np.searchsorted(self._key, begin)

    def _sums(self, amount: Floats) -> Floats:
        return np.concatenate([[0.0], np.cumsum(amount[self._order])])

    def _unsorted(self, values: Floats) -> Floats:
        result = np.empty_like(values)
        result[self._order] = values
        return result
