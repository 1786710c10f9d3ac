"""The plots of the report. On white ground, so that they read on light and on dark pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, StrMethodFormatter

from fraud_scoring.bundle import Costs

from . import curves
from .curves import Band
from .dataset import Dataset
from .metrics import Interval, Sample
from .quality import Answers

MODEL, BASELINE, CEILING, MUTED = "#0b62c4", "#c2571a", "#2b8a3e", "#6b7280"
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "grid.color": "#e5e7eb",
    "legend.frameon": False,
}


def discrimination(
    path: Path,
    test: Dataset,
    model: Answers,
    baseline: Answers,
    seed: int,
) -> None:
    """ROC and precision-recall curves of the model, the baseline and the true probability."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.5, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        shown = [("Logistic regression", baseline.p, BASELINE), ("Model", model.p, MODEL)]
        if test.truth is not None:
            shown.insert(0, ("Best possible", test.truth, CEILING))
        for label, p, colour in shown:
            sample = Sample(test.y, p)
            _draw(left, curves.roc(sample, seed), label, colour)
            _draw(right, curves.precision_recall(sample, seed), label, colour)
        left.plot([0, 1], [0, 1], ":", color=MUTED, label="Chance")
        right.axhline(test.y.mean(), linestyle=":", color=MUTED, label="Chance")
        left.set(title="ROC", xlabel="False positive rate", ylabel="True positive rate")
        right.set(title="Precision and recall", xlabel="Recall", ylabel="Precision", ylim=(0, 1))
        left.legend(loc="lower right")
        _save(figure, path)


def calibration(path: Path, test: Dataset, model: Answers) -> None:
    """Observed against predicted share, and how the predictions are distributed."""
    found = curves.reliability(Sample(test.y, model.p))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 5.6), layout="constrained")
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        ends = [found.predicted.min() / 2, min(found.predicted.max() * 2, 1)]
        top.plot(ends, ends, ":", color=MUTED, label="Perfect")
        errors = [found.observed - found.low, found.high - found.observed]
        top.errorbar(
            found.predicted,
            found.observed,
            yerr=np.maximum(errors, 0),
            fmt="o",
            capsize=3,
            color=MODEL,
            label="Tenths of the test set, 95 %",
        )
        bottom.hist(
            model.p,
            bins=list(np.geomspace(max(float(model.p.min()), 1e-5), float(model.p.max()), 50)),
            color=MODEL,
        )
        top.set(title="Calibration", ylabel="Observed share", xscale="log", yscale="log")
        top.set_ylim(bottom=found.predicted.min() / 4)
        bottom.set(xlabel="Predicted probability", ylabel="Rows")
        for axis in (top.yaxis, bottom.xaxis):
            axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
        top.legend(loc="upper left")
        _save(figure, path)


def cost(
    path: Path,
    test: Dataset,
    model: Answers,
    baseline: Answers,
    *,
    evaluation: Mapping[str, Interval],
    costs: Costs,
) -> None:
    """Cost against the saving asked of a review, beside what the alternatives cost."""
    alternatives = (
        ("Approve all", "cost_approve_all", "--"),
        ("Amount rule", "cost_rule", "-."),
        ("Model, fixed threshold", "cost_fixed", ":"),
    )
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.8, 4.4), layout="constrained")
        axes = figure.subplots()
        _draw(axes, curves.cost(test, baseline.p, costs), "Logistic regression", BASELINE)
        _draw(axes, curves.cost(test, model.p, costs), "Model", MODEL)
        for label, name, style in alternatives:
            if name not in evaluation:
                continue
            axes.axhline(evaluation[name].value, linestyle=style, color=MUTED, label=label)
        axes.axvline(costs.review, color=CEILING, linewidth=1, label="Cost of a review")
        axes.set(
            title="What deciding costs",
            xlabel=f"Review from this expected saving on ({costs.currency or 'cost units'})",
            ylabel=f"{costs.currency} per 1,000 decisions".strip(),
            xscale="log",
            ylim=(0, None),
        )
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        figure.legend(loc="outside lower center", ncols=3)
        _save(figure, path)


def importance(path: Path, lost: Mapping[str, float]) -> None:
    """AUC lost without each feature, the most important on top."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.8, 0.6 + 0.28 * len(lost)), layout="constrained")
        axes = figure.subplots()
        axes.barh(list(lost)[::-1], list(lost.values())[::-1], color=MODEL, height=0.65)
        axes.set(title="Permutation importance", xlabel="AUC lost when the feature is shuffled")
        axes.grid(visible=False, axis="y")
        _save(figure, path)


def _draw(axes: Axes, band: Band, label: str, colour: str) -> None:
    axes.plot(band.x, band.y, color=colour, label=label)
    axes.fill_between(band.x, band.low, band.high, color=colour, alpha=0.15, linewidth=0)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130, facecolor="white")
