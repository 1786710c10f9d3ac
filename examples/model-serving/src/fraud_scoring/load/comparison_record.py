"""The comparison as an evidence record with a plot, and as text."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from matplotlib.figure import Figure

from fraud_scoring import evidence
from fraud_scoring.evidence import Plot, Value
from fraud_scoring.load.compare import Comparison
from fraud_scoring.load.contenders import OURS
from fraud_scoring.load.generate import Plan
from fraud_scoring.load.summary import Interval

PICTURE = "evidence/comparison.png"
_OURS, _OTHERS = "#1f4e79", "#9db8d2"


def write(
    comparison: Comparison, busy: Plan, steady: Plan, rounds: int, root: Path = Path()
) -> Path:
    """Write the record `comparison` and its plot."""
    (root / evidence.FOLDER).mkdir(parents=True, exist_ok=True)
    draw(comparison, root / PICTURE)
    values = [_value(name, ratio, "x") for name, ratio in comparison.ratios().items()]
    for name, found in comparison.contenders.items():
        values += [
            _value(f"CPU per request, {name}", found.cpu(), "us"),
            _value(f"Throughput, {name}", found.throughput(), "requests/s"),
            _value(f"p50, {name}", found.latency(50), "ms"),
            _value(f"p99, {name}", found.latency(99), "ms"),
            Value(f"Resident memory, {name}", found.resident / 2**20, "MiB"),
        ]
    values.append(Value("Largest difference of probabilities", comparison.largest_difference))
    rounds_of = {
        name: {
            "cpu_us": [round(result.cpu_per_request, 2) for result in found.busy],
            "throughput": [round(result.throughput, 1) for result in found.busy],
            "p50_ms": [round(result.percentile(50), 3) for result in found.steady],
            "p99_ms": [round(result.percentile(99), 3) for result in found.steady],
            "p99_ms_busy": [round(result.percentile(99), 3) for result in found.busy],
        }
        for name, found in comparison.contenders.items()
    }
    return evidence.write(
        "comparison",
        "The same model in other services",
        values,
        command=f"fraud-scoring compare-serving --rounds {rounds}",
        plots=[Plot(PICTURE, "CPU time per request and p99 latency of each service")],
        details={"busy": asdict(busy), "steady": asdict(steady), "rounds": rounds_of},
        root=root,
    )


def _value(name: str, interval: Interval, unit: str) -> Value:
    return Value(name, interval.median, unit, interval.low, interval.high)


def draw(comparison: Comparison, path: Path) -> None:
    """Draw processor time per request and p99 of each service to `path`."""
    names = list(comparison.contenders)
    colours = [_OURS if name == OURS else _OTHERS for name in names]
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    found = comparison.contenders.values()
    panels = [
        (left, [measured.cpu().median for measured in found], "CPU per request in us"),
        (right, [measured.latency(99).median for measured in found], "p99 latency in ms"),
    ]
    for axes, values, label in panels:
        # Points: on a logarithmic axis, which has no zero, the length of a bar means nothing.
        axes.scatter(values, names, color=colours, s=70, zorder=2)
        for name, value in zip(names, values, strict=True):
            axes.annotate(f"  {_short(value)}", (value, name), va="center")
        axes.set_xscale("log")
        axes.set_xlim(min(values) / 2, 8 * max(values))
        axes.margins(y=0.2)
        axes.grid(axis="y", alpha=0.3)
        axes.set_xlabel(f"{label} (logarithmic)")
        axes.spines[["top", "right"]].set_visible(False)
    left.invert_yaxis()
    figure.savefig(path, dpi=120)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def table(comparison: Comparison) -> str:
    """Return the comparison as aligned text."""
    rows = [["service", "CPU us/req", "req/s", "p50 ms", "p99 ms", "memory MiB"]]
    for name, found in comparison.contenders.items():
        rows.append(
            [
                name,
                f"{found.cpu().median:.0f}",
                f"{found.throughput().median:.0f}",
                f"{found.latency(50).median:.2f}",
                f"{found.latency(99).median:.2f}",
                f"{found.resident / 2**20:.0f}",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    for name, ratio in comparison.ratios().items():
        interval = "" if ratio.low is None else f" ({ratio.low:.1f} to {ratio.high:.1f})"
        lines.append(f"{name}: {ratio.median:.1f}{interval}")
    return "\n".join(lines)
