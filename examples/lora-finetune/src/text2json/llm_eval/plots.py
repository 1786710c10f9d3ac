"""Plots of the evaluation as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from .statistics import Interval

_COLOURS = ("#8a8f98", "#b9bdc4", "#1f5fa8", "#b3261e")
_WIDTH = 7.5


def bars(groups: Mapping[str, Mapping[str, Interval]], label: str, path: Path) -> Path:
    """Bars with intervals: one group per slice of the rows, one bar per variant.

    Args:
        groups: slice to variant to score.
        label: of the scores.
        path: where the picture goes.
    """
    figure = Figure(figsize=(_WIDTH, 3.4), layout="constrained")
    axes = figure.subplots()
    variants = list(next(iter(groups.values())))
    width = 0.8 / len(variants)
    for number, variant in enumerate(variants):
        found = [group[variant] for group in groups.values()]
        places = [place + (number - (len(variants) - 1) / 2) * width for place in range(len(found))]
        errors = [[f.mean - f.low for f in found], [f.high - f.mean for f in found]]
        axes.bar(places, [f.mean for f in found], width, label=variant, color=_COLOURS[number % 4])
        axes.errorbar(places, [f.mean for f in found], errors, fmt="none", color="black", capsize=2)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_ylim(0, 1.02)
    axes.set_ylabel(label)
    figure.legend(frameon=False, ncols=len(variants), loc="outside upper center")
    return _saved(figure, path)


def curves(cards: Mapping[str, Mapping[str, Any]], path: Path) -> Path:
    """Training and validation loss over the tokens of a run, for each method."""
    figure = Figure(figsize=(_WIDTH, 3.2), layout="constrained")
    axes = figure.subplots()
    for number, (name, card) in enumerate(cards.items()):
        colour = _COLOURS[(number + 2) % 4]
        steps = [point["step"] for point in card["curve"]]
        axes.plot(
            steps,
            _smooth([p["loss"] for p in card["curve"]]),
            color=colour,
            alpha=0.45,
            label=f"{name}, training",
        )
        seen, losses = zip(*card["evaluations"], strict=True)
        axes.plot(seen, losses, "o-", color=colour, label=f"{name}, validation")
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("loss per answer token")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return _saved(figure, path)


def _smooth(values: Sequence[float], weight: float = 0.8) -> list[float]:
    found: list[float] = []
    for value in values:
        found.append(value if not found else weight * found[-1] + (1 - weight) * value)
    return found


def _saved(figure: Figure, path: Path) -> Path:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the version of matplotlib in it, the same numbers give the same file.
    figure.savefig(path, dpi=120, metadata={"Software": None})
    return path
