"""Windows of the past for many decisions at once: the primitive of a problem's `features.py`.

Every window ends just before its decision: an event of the same second, or one that became known
later, is never in it.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Integers = NDArray[np.int64]


class Past:
    """What was known of whom a decision is about, in windows that end just before it.

    Events are ordered once by entity and time, as one whole number; the first and last event of a
    window are then found by bisection, and sums are differences of running totals. They are exact,
    because they are of whole numbers.

    Args:
        decisions: has the columns `by` and `now`, one row for each result.
        events: has the columns `by` and `known`, in any order.
        by: the entity; a null is nobody, and has no past.
        now: column of whole numbers, when it is decided.
        known: column of whole numbers of the same unit, when an event became known.
    """

    def __init__(
        self,
        decisions: pl.DataFrame,
        events: pl.DataFrame,
        by: str,
        *,
        now: str = "at",
        known: str = "known_at",
    ) -> None:
        entities = events.select(pl.col(by).drop_nulls().unique()).with_columns(
            code=pl.int_range(pl.len(), dtype=pl.Int64)
        )
        events = events.join(entities, on=by, how="inner", maintain_order="left")
        times = events[known].to_numpy().astype(np.int64, copy=False)
        self._origin = int(times.min()) if len(times) else 0
        # One more than the latest event: whatever is decided later sees all events.
        self._span = (int(times.max()) - self._origin if len(times) else 0) + 2
        keys = events["code"].to_numpy() * self._span + (times - self._origin)
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._events = events[order]
        codes = decisions.select(by).join(entities, on=by, how="left", maintain_order="left")
        bases = codes["code"].fill_null(entities.height).to_numpy() * self._span
        moments = decisions[now].to_numpy().astype(np.int64, copy=False)
        # Looking up in the order of the keys is several times faster than in that of decisions.
        self._order = np.argsort(bases + self._offset(moments))
        self._bases, self._moments = bases[self._order], moments[self._order]
        self._end = self._before(0)

    def count(self, window: int) -> pl.Series:
        """How many events there are with now - window <= known < now."""
        return pl.Series("count", self._scattered(self._end - self._before(window)))

    def total(self, column: str, window: int) -> pl.Series:
        """Sum of a column of whole numbers over the same events; 0 where there are none."""
        values = self._events[column].cast(pl.Int64).fill_null(0).to_numpy()
        running = np.concatenate(([0], np.cumsum(values)))
        sums = running[self._end] - running[self._before(window)]
        return pl.Series("total", self._scattered(sums))

    def since(self, window: int) -> pl.Series:
        """How long ago the last of the same events became known; null where there are none."""
        found = self._end > self._before(window)
        last = np.zeros_like(self._end)
        last[found] = self._keys[self._end[found] - 1] % self._span + self._origin
        ago = pl.Series("since", self._scattered(self._moments - last))
        return ago.set(~pl.Series(self._scattered(found)), None)

    def _before(self, window: int) -> Integers:
        """Number of events that sort before (entity, now - window)."""
        offsets = self._offset(self._moments - window)
        return np.searchsorted(self._keys, self._bases + offsets).astype(np.int64, copy=False)

    def _offset(self, moments: Integers) -> Integers:
        return np.clip(moments - self._origin, 0, self._span - 1)

    def _scattered(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Bring values from the order of the keys to that of the decisions."""
        result = np.empty_like(values)
        result[self._order] = values
        return result
