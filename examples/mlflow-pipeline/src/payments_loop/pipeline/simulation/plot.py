"""One picture of half a year: how good the decisions were, what happened, what was noticed and done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payments_loop.pipeline.simulation.weeks import Week

if TYPE_CHECKING:
    from payments_loop.pipeline.simulation.story import Story

DAY = timedelta(days=1)
LINES = {
    "ceiling": ("best possible (true probability)", "#7a7a7a", ":"),
    "loop": ("the loop", "#0b6e4f", "-"),
    "weekly": ("retrained every week, no gate", "#3a6ea5", "--"),
    "never": ("never retrained", "#b23a48", "-"),
}
NAMES = {
    "covariate_drift": "inputs\nchange",
    "concept_drift": "fraudsters\nchange",
    "poisoned_batch": "poisoned\nbatch",
    "duplicate_batch": "delivered\ntwice",
    "late_batch": "late\nbatch",
    "outage": "outage",
    "label_drought": "no labels",
    "bad_release": "bad model\nforced",
}
ROWS = {
    "quarantined": "batch quarantined",
    "late": "late rows",
    "duplicates": "duplicates",
    "volume": "volume",
    "stale_data": "stale data",
    "labels_missing": "labels missing",
    "feature_drift": "input drift",
    "prediction_drift": "prediction drift",
    "calibration_off": "calibration off",
    "performance_drop": "performance drop",
    "rolled_back": "rolled back",
}


def draw(story: Story, path: Path) -> Path:
    """Draw the story of one world as a PNG."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 7), layout="constrained")
        FigureCanvasAgg(figure)
        top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [2.2, 1]})
        _quality(top, story)
        _events(bottom, story)
        figure.suptitle(_title(story), fontsize=12)
        figure.savefig(path, dpi=130, metadata={"Software": ""})
    return path


def _title(story: Story) -> str:
    detected = sum(mark.signal is not None for mark in story.marks)
    count = len(story.timeline.promotions)
    return (
        f"Half a year of the loop: {detected} of {len(story.marks)} incidents noticed, "
        f"{len(story.timeline.races)} races, {count} promotions"
    )


def _quality(axes: Any, story: Story) -> None:
    """AUC of every week, with incidents behind it and promotions on it."""
    for policy, (label, color, style) in LINES.items():
        found = [(_middle(week), week.auc[policy]) for week in story.weeks if policy in week.auc]
        if found:
            x, y = zip(*found, strict=True)
            width = 2.4 if policy == "loop" else 1.4
            axes.plot(x, y, style, color=color, label=label, linewidth=width)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.22 * (high - low))
    _incidents(axes, story, high)
    timeline = story.timeline
    _changes(axes, story, [race.day for race in timeline.promotions], "^", "new champion")
    _changes(axes, story, timeline.rollbacks, "v", "rolled back")
    axes.set_ylabel("AUC of the week's decisions\n(judged when labels had matured)")
    axes.grid(axis="y", color="#e6e6e6")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False, ncols=5, fontsize=8)


def _incidents(axes: Any, story: Story, high: float) -> None:
    for number, mark in enumerate(story.marks):
        incident = mark.incident
        lasting = incident.kind in {"covariate_drift", "concept_drift"}
        color = "#e8a33d" if lasting else "#c9c9c9"
        axes.axvspan(_at(incident.first), _at(incident.last + DAY), color=color, alpha=0.5, lw=0)
        low = axes.get_ylim()[0]
        top = high + (0.12 if number % 2 else 0.02) * (high - low)
        axes.text(
            _at(incident.first), top, NAMES[incident.kind], fontsize=8, ha="center", color="#444444"
        )


def _changes(axes: Any, story: Story, days: Sequence[date], marker: str, label: str) -> None:
    """Mark changes of the champion on the line of the loop."""
    heights = {week.first: week.auc["loop"] for week in story.weeks if "loop" in week.auc}
    points = [
        (_at(day), heights[max(before)])
        for day in days
        if (before := [first for first in heights if first <= day])
    ]
    if points:
        x, y = zip(*points, strict=True)
        color = "#0b6e4f" if marker == "^" else "#b23a48"
        axes.plot(x, y, marker, color=color, ms=9, markeredgecolor="white", label=label)


def _events(axes: Any, story: Story) -> None:
    """What was noticed on which day, and the races below it."""
    rows = [name for name in ROWS if name in story.timeline.signals]
    unexplained = {(one.signal, one.first) for one in story.false_alarms}
    for height, name in enumerate(rows, start=2):
        days = story.timeline.signals[name]
        false = [day for day in days if _belongs(day, name, story, unexplained)]
        true = [day for day in days if day not in false]
        axes.plot([_at(day) for day in true], [height] * len(true), "s", color="#e8a33d", ms=4)
        axes.plot([_at(day) for day in false], [height] * len(false), "x", color="#b23a48", ms=5)
    for race in story.timeline.races:
        marker, color = ("^", "#0b6e4f") if race.promoted else ("o", "#9a9a9a")
        axes.plot(_at(race.day), 1, marker, color=color, markersize=7)
    labels = ["race (triangle: promoted)", *(ROWS[name] for name in rows)]
    heights = list(range(1, len(labels) + 1))
    if story.played.refusal:
        axes.plot(_at(story.played.refusal.day), 0, "X", color="#b23a48", markersize=8)
        labels, heights = ["bad challenger refused", *labels], [0, *heights]
    axes.set_yticks(heights, labels)
    axes.set_ylim(-0.7, max(heights) + 0.7)
    axes.grid(color="#eeeeee")
    _dates(axes, story.weeks)


def _belongs(day: date, name: str, story: Story, unexplained: set[tuple[str, date]]) -> bool:
    return any(
        one.first <= day <= one.last
        for one in story.false_alarms
        if one.signal == name and (name, one.first) in unexplained
    )


def _dates(axes: Any, weeks: Sequence[Week]) -> None:
    from matplotlib.dates import DateFormatter, MonthLocator

    axes.set_xlim(_at(weeks[0].first), _at(weeks[-1].first + 7 * DAY))
    axes.xaxis.set_major_locator(MonthLocator())  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%b %Y"))  # type: ignore[no-untyped-call]


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (an axis, not a moment)


def _middle(week: Week) -> datetime:
    return _at(week.first) + 3.5 * DAY
