"""Several loads, repeated in turn, so that a change of the machine's speed meets all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from my_project.load.generate import Plan, measure
from my_project.load.summary import (
    PERCENTILES,
    Interval,
    Result,
    median_interval,
)
from my_project.load.target import Target

BUSY = 0.9
"""Share of a core above which the generator may be slower than the service."""


@dataclass(frozen=True)
class Level:
    """One load and what its repetitions measured."""

    plan: Plan
    results: Sequence[Result]

    @property
    def name(self) -> str:
        """The load in a few words."""
        if self.plan.rate is None:
            return f"{self.plan.connections} at once"
        return f"{self.plan.rate:g}/s"

    def interval(self, read: Callable[[Result], float]) -> Interval:
        """Return the median over the repetitions of what `read` takes from one."""
        return median_interval([read(result) for result in self.results])

    def percentile(self, q: float) -> Interval:
        """Return the interval of a latency percentile in milliseconds."""
        return self.interval(lambda result: result.percentile(q))

    @property
    def maximum(self) -> float:
        """The largest latency of all repetitions in milliseconds; NaN if there is none."""
        found = [result.percentile(100) for result in self.results if len(result.latencies)]
        return max(found, default=math.nan)

    @property
    def unanswered(self) -> str:
        """In how many repetitions no request succeeded and what came instead; empty if in none.

        Such a repetition has no percentiles, and a median over the others would say too little.
        """
        count = sum(not len(result.latencies) for result in self.results)
        if not count:
            return ""
        outcomes = ", ".join(f"{name}: {number}" for name, number in self.outcomes.items())
        return (
            f"{self.name}: no request succeeded in {count} of {len(self.results)} repetitions"
            f" ({outcomes})"
        )

    @property
    def requests(self) -> int:
        """Requests of all repetitions."""
        return sum(result.requests for result in self.results)

    @property
    def failed(self) -> int:
        """Failed requests of all repetitions."""
        return self.requests - sum(len(result.latencies) for result in self.results)

    @property
    def failed_share(self) -> float:
        """Share of failed requests over all repetitions."""
        return self.failed / self.requests

    @property
    def outcomes(self) -> dict[str, int]:
        """Requests of all repetitions by outcome."""
        names = sorted({name for result in self.results for name in result.outcomes})
        return {
            name: sum(result.outcomes.get(name, 0) for result in self.results) for name in names
        }

    @property
    def generator_share(self) -> float:
        """Highest share of a core that the generator used in one repetition."""
        return max(result.generator_share for result in self.results)


def repeat(
    target: Target,
    bodies: Sequence[bytes],
    plans: Sequence[Plan],
    repetitions: int,
    *,
    server_cpu: Callable[[], float] = lambda: 0.0,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Level]:
    """Measure every plan `repetitions` times, interleaved."""
    results: list[list[Result]] = [[] for _ in plans]
    for repetition in range(repetitions):
        for plan, found in zip(plans, results, strict=True):
            found.append(measure(target, bodies, plan, server_cpu=server_cpu))
            name = Level(plan, found).name
            progress(f"{name}: {repetition + 1} of {repetitions} repetitions")
    return [Level(plan, found) for plan, found in zip(plans, results, strict=True)]


def missed(level: Level, slo_ms: float | None, most_failures: float) -> list[str]:
    """Return how `level` misses the objective, in words; empty if it does not."""
    complaints = []
    if level.failed_share > most_failures:
        outcomes = ", ".join(f"{name}: {count}" for name, count in level.outcomes.items())
        complaints.append(f"{level.name}: {level.failed_share:.2%} failed ({outcomes})")
    p99 = level.percentile(99).median
    if slo_ms is not None and level.unanswered:
        complaints.append(f"{level.unanswered}: there is no p99 for the objective of {slo_ms:g} ms")
    elif slo_ms is not None and p99 > slo_ms:
        complaints.append(f"{level.name}: p99 is {p99:.2f} ms, the objective is {slo_ms:g} ms")
    return complaints


def table(levels: Sequence[Level]) -> str:
    """Return the levels as aligned text; medians where there are several repetitions."""
    columns = [f"p{q:g} ms" for q in PERCENTILES]
    rows = [["load", "requests", "failed", "req/s", *columns, "max ms", "CPU us/req", "generator"]]
    for level in levels:
        cpu = level.interval(lambda result: result.cpu_per_request).median
        rows.append(
            [
                level.name,
                str(level.requests),
                f"{level.failed_share:.2%}",
                f"{level.interval(lambda result: result.throughput).median:.0f}",
                *(f"{level.percentile(q).median:.2f}" for q in PERCENTILES),
                f"{level.maximum:.2f}",
                "-" if math.isnan(cpu) else f"{cpu:.0f}",
                f"{level.generator_share:.0%}",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
