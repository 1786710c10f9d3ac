"""Windows of the past for many decisions at once: the primitive of a problem's `features.py`.

Every window ends just before its decision: an event of the same second, or one that became known
later, is never in it.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_NEVER = -1  # nothing is known before it is known


class Decisions:
    """Decisions in the order of whom they are about, and of time.

    Looking up in this order is several times faster than in another, so that one order serves all
    kinds of events.

    Args:
        spine: has the columns `by` and `at` (or what `past` takes instead), a row for each result.
        by: the entity; a null is nobody, and has no past.
    """

    def __init__(self, spine: pl.DataFrame, by: str) -> None:
        self.by = by
        self._entities = spine.select(pl.col(by).drop_nulls().unique()).with_columns(
            code=pl.int_range(pl.len(), dtype=pl.Int64)
        )
        codes = self._codes(spine, missing=self._entities.height)
        at = spine["at"].to_numpy()
        first = int(at.min()) if len(at) else 0
        span = int(at.max()) - first + 1 if len(at) else 1
        self._spine = spine
        self._order = np.argsort(codes * span + (at - first))
        self._asked = codes[self._order]

    def past(self, events: pl.DataFrame, *, now: str = "at", known: str = "known_at") -> Past:
        """Look at events of the same entities, in any order.

        Args:
            events: has the columns `by` and `known`.
            now: column of the spine, whole numbers that do not fall while `at` rises.
            known: column of the same unit: when an event became known.
        """
        moments = self._spine[now].to_numpy()[self._order]
        codes = self._codes(events, missing=-1)
        return Past(events, codes, known, asked=self._asked, moments=moments, order=self._order)

    def _codes(self, frame: pl.DataFrame, *, missing: int) -> Integers:
        joined = frame.select(self.by).join(
            self._entities, on=self.by, how="left", maintain_order="left"
        )
        return joined["code"].fill_null(missing).to_numpy()


class Past:
    """What was known of whom a decision is about, in windows that end just before it.

    Events are ordered once by entity and time, as one whole number. The first and last event of a
    window are found by bisection, and sums are differences of running totals: they are exact,
    because they are of whole numbers. Results are in the order of the spine.

    Args:
        events: one row each.
        entity: of each event, a whole number.
        known: column with the time at which an event became known.
        asked: entity of each decision.
        moments: time of each decision.
        order: place of each decision in the spine.
    """

    def __init__(
        self,
        events: pl.DataFrame,
        entity: Integers,
        known: str,
        *,
        asked: Integers,
        moments: Integers,
        order: Integers,
    ) -> None:
        times = events[known].to_numpy()
        self._origin = int(times.min()) if len(times) else 0
        # One more than the latest event: whatever is decided later sees all events.
        self._span = (int(times.max()) - self._origin if len(times) else 0) + 2
        keys = entity * self._span + (times - self._origin)
        self._sorted = np.argsort(keys)
        self._keys = keys[self._sorted]
        self._events = events
        self._bases, self._moments, self._order = asked * self._span, moments, order
        self._end = self._before(0)

    def count(self, window: int) -> pl.Series:
        """How many events there are with now - window <= known < now."""
        return pl.Series(self._unsorted(self._end - self._before(window)))

    def total(self, column: str, window: int) -> pl.Series:
        """Sum of a column of whole numbers over the same events; 0 where there are none."""
        values = self._events[column].cast(pl.Int64).fill_null(0).to_numpy()
        running = np.concatenate(([0], np.cumsum(values[self._sorted])))
        return pl.Series(self._unsorted(running[self._end] - running[self._before(window)]))

    def since(self, window: int) -> pl.Series:
        """How long ago the last of the same events became known; null where there are none."""
        found = self._end > self._before(window)
        last = self._keys[self._end[found] - 1] % self._span + self._origin
        ago = np.full_like(self._moments, _NEVER)
        ago[found] = self._moments[found] - last
        return pl.Series(self._unsorted(ago)).replace(_NEVER, None)

    def _before(self, window: int) -> Integers:
        """Number of events that sort before (entity, now - window)."""
        offsets = np.clip(self._moments - (window + self._origin), 0, self._span - 1)
        return np.searchsorted(self._keys, self._bases + offsets)

    def _unsorted(self, values: Integers) -> Integers:
        """Bring values into the order of the spine."""
        result = np.empty_like(values)
        result[self._order] = values
        return result
