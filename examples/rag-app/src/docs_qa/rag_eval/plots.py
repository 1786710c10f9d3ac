"""Plots of the evaluation as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from docs_qa.rag_eval.abstention import Point
from docs_qa.rag_eval.bootstrap import Interval

_BLUE, _GREY, _RED = "#1f5fa8", "#8a8f98", "#b3261e"
_WIDTH = 7.5


def intervals(named: Sequence[tuple[str, Interval]], label: str, path: Path) -> Path:
    """Draw one mean with its interval per row; the last row is the one in use."""
    figure = Figure(figsize=(_WIDTH, 0.9 + 0.3 * len(named)), layout="constrained")
    axes = figure.subplots()
    for row, (_, found) in enumerate(named):
        errors = [[found.mean - found.low], [found.high - found.mean]]
        colour = _BLUE if row == len(named) - 1 else _GREY
        axes.errorbar(found.mean, row, xerr=errors, fmt="o", color=colour, capsize=3)
    axes.set_yticks(range(len(named)), [name for name, _ in named])
    axes.invert_yaxis()
    axes.set_xlabel(f"{label}, with 95 % interval")
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return _saved(figure, path)


def abstention(points: Sequence[Point], chosen: Point, path: Path) -> Path:
    """Draw what every threshold would do: how much is answered, and how much of it is right."""
    figure = Figure(figsize=(_WIDTH, 3.6), layout="constrained")
    axes = figure.subplots()
    answered = [point.answered for point in points]
    for values, colour, name in (
        ([point.precision for point in points], _BLUE, "facts said per answer given"),
        ([point.refused for point in points], _RED, "unanswerable questions refused"),
    ):
        axes.plot(answered, values, color=colour, label=name)
    axes.plot([chosen.answered] * 2, [chosen.precision, chosen.refused], "o", color="black")
    axes.axvline(chosen.answered, color="black", linewidth=0.8, linestyle=":", label="configured")
    axes.set_xlabel("share of the answerable questions that are answered")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False, loc="lower left")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return _saved(figure, path)


def _saved(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the version of matplotlib in it, the same numbers give the same file.
    figure.savefig(path, dpi=120, metadata={"Software": None})
    return path
