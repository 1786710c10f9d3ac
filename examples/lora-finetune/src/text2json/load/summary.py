"""What a run measured, and intervals over repeated runs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Result:
    """One run.

    Attributes:
        latencies: Nanoseconds of the successful requests (status below 400), ascending.
        lateness: Nanoseconds by which the generator itself was late, ascending; open loop only.
        outcomes: Number of requests by status code, or by `Failure`.
        elapsed: Seconds from the first request to the last response.
        server_cpu: Processor seconds that the service used meanwhile; 0 if they are not known.
        generator_cpu: Processor seconds that this process used meanwhile.
    """

    latencies: NDArray[np.int64]
    lateness: NDArray[np.int64]
    outcomes: Mapping[str, int]
    elapsed: float
    server_cpu: float
    generator_cpu: float

    @property
    def requests(self) -> int:
        """All requests, failed ones included."""
        return sum(self.outcomes.values())

    @property
    def failed_share(self) -> float:
        """Share of requests without a response or with a status of 400 and above."""
        return 1 - len(self.latencies) / self.requests if self.requests else 1.0

    @property
    def throughput(self) -> float:
        """Successful requests per second."""
        return len(self.latencies) / self.elapsed

    @property
    def cpu_per_request(self) -> float:
        """Processor microseconds of the service per response of any status; NaN if unknown."""
        answered = sum(count for outcome, count in self.outcomes.items() if outcome.isdigit())
        return 1e6 * self.server_cpu / answered if self.server_cpu and answered else math.nan

    @property
    def generator_share(self) -> float:
        """Share of one core this process used; near 1 the generator is what was measured."""
        return self.generator_cpu / self.elapsed

    def percentile(self, q: float) -> float:
        """Return the latency in milliseconds that `q` percent of the successes do not exceed."""
        return percentile(self.latencies, q) / 1e6

    def lateness_percentile(self, q: float) -> float:
        """Return the generator's own lateness in milliseconds; 0 for a closed loop."""
        return percentile(self.lateness, q) / 1e6 if len(self.lateness) else 0.0


def percentile(ascending: NDArray[np.int64], q: float) -> float:
    """Return the nearest-rank percentile: an observed value, never one between two; NaN if empty.

    All values are kept and no histogram is needed: a million of them are eight megabytes.
    """
    if not len(ascending):
        return math.nan
    # 99.9 * 1000 / 100 is a little more than 999 in floating point.
    rank = math.ceil(round(q * len(ascending) / 100, 6))
    return float(ascending[max(rank, 1) - 1])


@dataclass(frozen=True)
class Interval:
    """A median over repetitions and a confidence interval for it; no interval below six."""

    median: float
    low: float | None = None
    high: float | None = None


def median_interval(values: Sequence[float]) -> Interval:
    """Return the median and its distribution-free 95 % confidence interval.

    Consecutive requests are not independent, so a bootstrap over requests would be too narrow;
    repetitions are. The interval runs from the k-th smallest to the k-th largest, with the largest
    k that the binomial distribution allows: Conover, Practical Nonparametric Statistics, 3.2.
    Five repetitions or fewer cannot give 95 %, their range covers the median too rarely.

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no repetitions")
    ordered, n = sorted(values), len(values)
    median = statistics.median(ordered)
    rank, missed = 0, 0.0
    while rank < n // 2:
        missed += 2 * math.comb(n, rank) / 2**n
        if missed > 1 - CONFIDENCE:
            break
        rank += 1
    if not rank:
        return Interval(median)
    return Interval(median, ordered[rank - 1], ordered[n - rank])
