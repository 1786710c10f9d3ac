"""Whether the decisions fall on some groups more than on others, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from payments_loop.evaluation import Interval
from payments_loop.evaluation.slices import Slice

# Fewer rows of the group in question say more about chance than about the group.
MIN_ROWS = 100
# Half as many again: below it, readers would be alarmed by what nobody notices.
RATIO = 1.5


def table(slices: Sequence[Slice]) -> list[dict[str, object]]:
    """The slices as rows of JSON: rates with their 95 % intervals."""
    return [
        {
            "slice": part.name,
            "rows": part.rows,
            "positives": part.positives,
            "auc": _rounded(part.auc),
            "predicted": round(part.predicted, 5),
            "observed": _rounded(part.observed),
            "decision_rate": _rounded(part.decided),
            "recall": _rounded(part.recall),
            "false_alarms": _rounded(part.false_alarms),
        }
        for part in slices
    ]


def notes(slices: Sequence[Slice], positive: str) -> list[str]:
    """What the slices show, a sentence per finding.

    Args:
        slices: of one or more columns.
        positive: the positive decision, as in "review".
    """
    found = []
    for column, parts in groupby(slices, key=lambda part: part.name.split()[0]):
        found += _of_column(column, [part for part in parts if part.rows >= MIN_ROWS], positive)
    if not found:
        found.append(
            f"No group gets '{positive}' without need clearly more often than another of the same "
            f"column, and in none do predictions differ clearly from what happened.",
        )
    return found


def _of_column(column: str, parts: Sequence[Slice], positive: str) -> list[str]:
    found = []
    if len(parts) > 1:
        least, most = (
            choose(parts, key=lambda part: part.false_alarms.value) for choose in (min, max)
        )
        low, high = least.false_alarms, most.false_alarms
        if high.low > low.high and high.value > RATIO * low.value:
            found.append(
                f"By {column}: '{positive}' without need is {_times(high, low)} for "
                f"{most.name} ({_share(high)} of the negatives) than for {least.name} "
                f"({_share(low)}).",
            )
    found += [
        f"For {part.name} the model predicts {part.predicted:.2%} positives, "
        f"{_share(part.observed)} were observed."
        for part in parts
        if not part.observed.low <= part.predicted <= part.observed.high
    ]
    return found


def _times(high: Interval, low: Interval) -> str:
    return f"{high.value / low.value:.1f} times as frequent" if low.value else "more frequent"


def _share(rate: Interval) -> str:
    return f"{rate.value:.2%}, 95 % interval {rate.low:.2%} to {rate.high:.2%}"


def _rounded(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(value, 5) for value in interval]
