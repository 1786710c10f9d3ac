"""API keys and the request rate of each."""

import hmac
import time
from collections.abc import Callable, Iterable
from hashlib import sha256

from .problems import RATE_LIMITED, UNAUTHORIZED, Problem

ANONYMOUS = "anonymous"


class Keys:
    """The accepted API keys. Without any, everybody is let in as `anonymous`.

    `Settings` does not allow that in production.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        digests = [sha256(key.encode()).digest() for key in keys]
        self._known = [(digest, digest.hex()[:8]) for digest in digests]

    def caller(self, key: bytes | None) -> str:
        """Name for logs and limits of the caller with this key: the start of its SHA-256.

        The time taken does not depend on how much of a key is right, nor on which key it is.

        Raises:
            Problem: the key is missing or unknown.
        """
        if not self._known:
            return ANONYMOUS
        digest = sha256(key or b"").digest()
        found = None
        for known, name in self._known:
            if hmac.compare_digest(digest, known):
                found = name
        if found is None:
            raise Problem(
                UNAUTHORIZED,
                "Send a valid key in the header X-API-Key, or as Authorization: Bearer",
            )
        return found


class RateLimit:
    """A token bucket per caller; a request takes one token.

    It counts in this process only: behind a load balancer the limit holds per replica.

    Args:
        rate: tokens per second that a bucket regains; 0 for no limit.
        burst: tokens that a bucket holds.
        clock: seconds from a monotonic clock.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> None:
        """Take a token from the bucket of `caller`.

        Raises:
            Problem: the bucket is empty.
        """
        if not self._rate:
            return
        now = self._clock()
        tokens, before = self._buckets.get(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - before) * self._rate)
        allowed = tokens >= 1
        self._buckets[caller] = (tokens - allowed, now)
        if not allowed:
            wait = (1 - tokens) / self._rate
            raise Problem(RATE_LIMITED, "Slow down, or ask for a higher limit", retry_after=wait)
