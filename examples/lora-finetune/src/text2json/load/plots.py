"""The two plots of the load records; drawn off screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from text2json.load.levels import Level
from text2json.load.summary import Interval

_TICKS = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99)
_DARK, _LIGHT = "#1f4e79", "#9db8d2"


def latency_curve(level: Level, path: Path) -> None:
    """Draw latency against percentile to `path`: each repetition, and all of them together.

    The horizontal axis is 1 / (1 - percentile), as in HdrHistogram: each further nine of the
    percentile takes the same room, so the tail is not squeezed into the last pixels.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    successful = [result.latencies for result in level.results if len(result.latencies)]
    for latencies in successful:
        axes.plot(*_curve(latencies), color=_LIGHT, linewidth=1)
    pooled = np.sort(np.concatenate(successful))
    axes.plot(*_curve(pooled), color=_DARK, linewidth=2, label="all repetitions")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([100 / (100 - q) for q in _TICKS], [f"{q:g} %" for q in _TICKS])
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("percentile of requests")
    axes.set_ylabel("latency in ms, from when the request was due")
    axes.set_title(f"Latency at a constant {level.name}, {len(pooled):,} requests")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(path, dpi=120)


def _curve(latencies: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    share_above = 1 - np.arange(len(latencies)) / len(latencies)
    return 1 / share_above, latencies / 1e6


def throughput_curve(levels: Sequence[Level], path: Path) -> None:
    """Draw throughput and p99 against the number of concurrent users to `path`."""
    figure = Figure(figsize=(7, 5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    users = [level.plan.connections for level in levels]
    _points(upper, users, [level.interval(lambda result: result.throughput) for level in levels])
    _points(lower, users, [level.percentile(99) for level in levels])
    upper.set_ylabel("requests per second")
    lower.set_ylabel("p99 in ms")
    lower.set_xlabel("concurrent users, each waiting for the response before asking again")
    lower.set_xscale("log", base=2)
    lower.set_xticks(users, [str(count) for count in users])
    lower.set_xticks([], minor=True)
    upper.set_title("Throughput and tail latency against concurrency")
    figure.savefig(path, dpi=120)


def _points(axes: Axes, users: Sequence[int], intervals: Sequence[Interval]) -> None:
    medians = np.array([interval.median for interval in intervals])
    low = np.array([i.median if i.low is None else i.low for i in intervals])
    high = np.array([i.median if i.high is None else i.high for i in intervals])
    errors = np.stack([medians - low, high - medians])
    axes.errorbar(users, medians, yerr=errors, color=_DARK, marker="o", capsize=4)
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.2)
