"""Who may ask now: a rate per key, and a bound on what is worked on at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from docs_qa.api.auth import RateLimit
from docs_qa.api.problems import OVERLOADED, Problem

RETRY_SECONDS = 1.0


class Gate:
    """Admits requests of one kind.

    Args:
        rate: requests per second and key; 0 for no limit.
        burst: requests that a key may send at once after a pause.
        places: requests that may be inside at once.
    """

    def __init__(self, rate: float, burst: int, places: int) -> None:
        self._limit = RateLimit(rate, burst)
        self._free = places

    def enter(self, request: Request) -> None:
        """Let a request in; `leave` must follow.

        A request that finds no free place costs its caller nothing of the rate.

        Raises:
            Problem: its key asks too often, or too many are inside.
        """
        if not self._free:
            raise Problem(OVERLOADED, "Too many such requests at once", retry_after=RETRY_SECONDS)
        self._limit.take(request.state.caller)
        self._free -= 1

    @contextmanager
    def inside(self, request: Request) -> Iterator[None]:
        """Let a request in for the length of a block; raises what `enter` does."""
        self.enter(request)
        try:
            yield
        finally:
            self.leave()

    def leave(self) -> None:
        """A request has ended."""
        self._free += 1
