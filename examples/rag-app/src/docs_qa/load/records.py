"""Evidence records of a load run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from docs_qa import evidence
from docs_qa.evidence import Plot, Value
from docs_qa.load import plots
from docs_qa.load.levels import Level
from docs_qa.load.summary import PERCENTILES, Interval, Result

_ADVICE = "Ask for less at once (--concurrency, --rate), or wait longer (--timeout)."
_METHOD = "median of the repetitions and its distribution-free 95 % interval"


def write(levels: Sequence[Level], root: Path = Path()) -> Path:
    """Write the record `latency` of one open loop, or `throughput` of closed ones, with its plot.

    Raises:
        ValueError: No request succeeded in a repetition, so it has no percentiles to show.
    """
    if unanswered := [level.unanswered for level in levels if level.unanswered]:
        raise ValueError("\n  ".join(["not recorded, for want of latencies", *unanswered, _ADVICE]))
    if levels[0].plan.rate is None:
        return _write_throughput(levels, root)
    return _write_latency(levels[0], root)


def _write_latency(level: Level, root: Path) -> Path:
    picture = "evidence/latency.png"
    _folder(root)
    plots.latency_curve(level, root / picture)
    values = [_value(f"p{q:g}", level.percentile(q), "ms") for q in PERCENTILES]
    values += [
        Value("Maximum", level.maximum, "ms", note="of all repetitions"),
        Value("Rate", level.plan.rate or 0.0, "requests/s", note="constant, warm-up excluded"),
        Value("Requests", level.requests),
        Value("Failed requests", level.failed),
        *_cpu("Service CPU per request", level),
    ]
    alt = f"Latency against percentile at a constant {level.name}"
    return evidence.write(
        "latency",
        "Latency under a constant rate",
        values,
        command=_command([level]),
        plots=[Plot(picture, alt)],
        details=_details([level]),
        root=root,
    )


def _write_throughput(levels: Sequence[Level], root: Path) -> Path:
    picture = "evidence/throughput.png"
    _folder(root)
    plots.throughput_curve(levels, root / picture)
    values = []
    for level in levels:
        throughput = level.interval(lambda result: result.throughput)
        values.append(_value(f"Throughput, {level.name}", throughput, "requests/s"))
        values.append(_value(f"p99, {level.name}", level.percentile(99), "ms"))
        values.extend(_cpu(f"Service CPU per request, {level.name}", level))
    return evidence.write(
        "throughput",
        "Throughput against concurrency",
        values,
        command=_command(levels),
        plots=[Plot(picture, "Requests per second and p99 against concurrent users")],
        details=_details(levels),
        root=root,
    )


def _command(levels: Sequence[Level]) -> str:
    """Return the command for the same measurement, without the headers: they may hold a key."""
    plan = levels[0].plan
    users = ",".join(str(level.plan.connections) for level in levels)
    rate = "" if plan.rate is None else f" --rate {plan.rate:g}"
    return (
        f"docs-qa load --concurrency {users}{rate} --duration {plan.duration:g}"
        f" --repetitions {len(levels[0].results)} --record"
    )


def _folder(root: Path) -> None:
    (root / evidence.FOLDER).mkdir(parents=True, exist_ok=True)


def _value(name: str, interval: Interval, unit: str) -> Value:
    return Value(name, interval.median, unit, interval.low, interval.high)


def _cpu(name: str, level: Level) -> list[Value]:
    """Return a row, or none where the processor time of the service could not be read."""
    interval = level.interval(lambda result: result.cpu_per_request)
    return [] if math.isnan(interval.median) else [_value(name, interval, "us")]


def _details(levels: Sequence[Level]) -> dict[str, Any]:
    reads: dict[str, Callable[[Result], float]] = {
        "throughput": lambda result: result.throughput,
        "p50_ms": lambda result: result.percentile(50),
        "p99_ms": lambda result: result.percentile(99),
        "generator_share_of_a_core": lambda result: result.generator_share,
        "generator_late_p99_ms": lambda result: result.lateness_percentile(99),
    }
    described = [
        {
            "load": level.name,
            "plan": asdict(level.plan),
            "outcomes": level.outcomes,
            "repetitions": {
                name: [round(read(result), 4) for result in level.results]
                for name, read in reads.items()
            },
        }
        for level in levels
    ]
    return {"interval": _METHOD, "levels": described}
