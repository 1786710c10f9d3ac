"""A circuit breaker: a model that keeps failing is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable


class CircuitBreaker:
    """Closed until too many attempts in a row failed; then open; then one probe decides.

    Not for several threads: all calls come from one event loop.
    """

    def __init__(
        self,
        failures: int,
        reset: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start closed.

        Args:
            failures: attempts that must fail in a row to open it.
            reset: seconds after which an open breaker lets one attempt through.
            clock: seconds from a monotonic clock.
        """
        self._limit = failures
        self._reset = reset
        self._clock = clock
        self._failed = 0
        self._opened: float | None = None
        self._probing = False

    @property
    def retry_after(self) -> float:
        """Seconds until an attempt may be let through; 0 if now."""
        if self._opened is None:
            return 0.0
        return max(0.0, self._opened + self._reset - self._clock())

    def allow(self) -> bool:
        """Whether an attempt may be made; each permission must be answered by one report."""
        if self._opened is None:
            return True
        if self._probing or self.retry_after > 0:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """Report an attempt that worked."""
        self._failed = 0
        self._opened = None
        self._probing = False

    def failed(self) -> None:
        """Report an attempt that failed through the model's or the network's fault."""
        self._failed += 1
        self._probing = False
        if self._opened is not None or self._failed >= self._limit:
            self._opened = self._clock()

    def abandoned(self) -> None:
        """Report an attempt that says nothing about the model: cancelled, or a bad request."""
        self._probing = False
