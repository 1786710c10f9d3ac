"""What the simulations show, in numbers: for the terminal, and as a record for the README."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

from payments_loop.evidence import Plot, Value
from payments_loop.evidence import write as write_record
from payments_loop.pipeline.simulation import plot
from payments_loop.pipeline.simulation.weeks import Week

if TYPE_CHECKING:
    from payments_loop.pipeline.simulation.run import Plan
    from payments_loop.pipeline.simulation.story import Story

# Student's t, two-sided 95 %, by degrees of freedom
STUDENT = {1: 12.71, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
NORMAL = 1.96
PICTURE = Path("evidence/loop.png")
POLICIES = {
    "loop": "the loop",
    "never": "never retrained",
    "weekly": "retrained every week without a gate",
    "ceiling": "best possible",
}


def summary(story: Story) -> Iterator[str]:
    """One world, in lines for the terminal."""
    yield ""
    for one in story.marks:
        noticed = f"{one.days:>3} d  {one.signal}" if one.signal else "  not noticed"
        yield f"{one.incident.first}  {one.incident.kind:<16} {noticed}"
    refusal = story.played.refusal
    if refusal:
        verdict = "refused" if refusal.verdict == "keep" else "PROMOTED"
        yield f"{refusal.day}  bad challenger   {verdict}: {', '.join(refusal.failed)}"
    drift = _after_drift(story)
    for policy, name in POLICIES.items():
        if any(policy in week.auc for week in story.weeks):
            yield (
                f"AUC {name:<36} {_mean(story.weeks, policy):.3f} on average, "
                f"{_mean(drift, policy):.3f} after the fraudsters changed, "
                f"{_mean(story.weeks[-4:], policy):.3f} in the last four weeks"
            )
    yield (
        f"{len(story.timeline.races)} races, {len(story.timeline.promotions)} promotions, "
        f"{len(story.false_alarms)} false alarms, {len(story.played.failures)} failed runs, "
        f"{story.seconds:.0f} s of processor time"
    )


def write(stories: Sequence[Story], plan: Plan) -> Path:
    """Write the record `loop` and its plot."""
    plot.draw(stories[0], PICTURE)
    return write_record(
        "loop",
        "Half a year of the loop, marked against what really happened",
        [*_quality(stories), *_detection(stories), *_safety(stories)],
        command=f"payments-loop pipeline simulate --record --seeds {plan.seeds}",
        seed=plan.seed,
        plots=[
            Plot(
                str(PICTURE),
                "Weekly AUC of the loop, of a model that is never retrained and of one retrained "
                "every week, with the ceiling; incidents, alarms, races and promotions below",
            )
        ],
        details={"worlds": [_details(story) for story in stories]},
    )


def _quality(stories: Sequence[Story]) -> Iterator[Value]:
    seeds = f"mean of {len(stories)} worlds"
    for policy, name in POLICIES.items():
        found = [_mean(_after_drift(story), policy) for story in stories]
        yield _value(f"AUC after the fraudsters changed, {name}", found, note=seeds)
    for policy, name in POLICIES.items():
        found = [_mean(story.weeks[-4:], policy) for story in stories]
        yield _value(f"AUC in the last four weeks, {name}", found)
    for policy in ("loop", "never", "weekly"):
        found = [mean(week.cost[policy] for week in _judged(s.weeks, policy)) for s in stories]
        yield _value(f"cost per 1,000 decisions, {POLICIES[policy]}", found, "EUR")


def _detection(stories: Sequence[Story]) -> Iterator[Value]:
    kinds = dict.fromkeys(mark.incident.kind for story in stories for mark in story.marks)
    for kind in kinds:
        marks = [one for story in stories for one in story.marks if one.incident.kind == kind]
        days = [float(one.days) for one in marks if one.days is not None]
        note = f"{len(days)} of {len(marks)} noticed"
        name = f"days until noticed: {kind.replace('_', ' ')}"
        yield _value(name, days, "days", note) if days else Value(name, "never", note=note)
    months = sum(len(story.weeks) * 7 / 30 for story in stories)
    alarms = sum(len(story.false_alarms) for story in stories)
    yield Value("false alarms per 30 days", round(alarms / months, 2), note=f"{alarms} in all")


def _safety(stories: Sequence[Story]) -> Iterator[Value]:
    count = len(stories)
    yield _value("races", [len(story.timeline.races) for story in stories])
    yield _value("promotions", [len(story.timeline.promotions) for story in stories])
    refused = sum(
        s.played.refusal is not None and s.played.refusal.verdict == "keep" for s in stories
    )
    yield Value("bad challengers refused", f"{refused} of {count}")
    for kind, name in {
        "bad_release": "bad releases rolled back",
        "poisoned_batch": "poisoned batches quarantined",
    }.items():
        found = [m.signal is not None for s in stories for m in s.marks if m.incident.kind == kind]
        yield Value(name, f"{sum(found)} of {len(found)}")
    yield _value("processor time to play half a year", [story.seconds for story in stories], "s")


def _value(name: str, found: Sequence[float], unit: str = "", note: str = "") -> Value:
    """Mean and its 95 % interval over worlds."""
    middle = mean(found)
    if len(found) < 2:  # noqa: PLR2004 (no spread of one)
        return Value(name, round(middle, 3), unit, note=note)
    half = STUDENT.get(len(found) - 1, NORMAL) * stdev(found) / math.sqrt(len(found))
    return Value(
        name, round(middle, 3), unit, round(middle - half, 3), round(middle + half, 3), note
    )


def _after_drift(story: Story) -> Sequence[Week]:
    """Weeks from the one in which the relation to the outcome began to change."""
    changed = [m.incident.first for m in story.marks if m.incident.kind == "concept_drift"]
    if not changed:
        return story.weeks
    return [week for week in story.weeks if week.first >= changed[0]] or story.weeks[-1:]


def _judged(weeks: Sequence[Week], policy: str) -> list[Week]:
    return [week for week in weeks if policy in week.auc]


def _mean(weeks: Sequence[Week], policy: str) -> float:
    found = [week.auc[policy] for week in weeks if policy in week.auc]
    return mean(found) if found else math.nan


def _details(story: Story) -> dict[str, object]:
    return {
        "seed": story.played.seed,
        "weeks": [
            {"first": week.first.isoformat(), "auc": {k: round(v, 4) for k, v in week.auc.items()}}
            for week in story.weeks
        ],
        "races": [
            {
                "day": race.day.isoformat(),
                "because": race.because,
                "verdict": race.verdict,
                "promoted": race.promoted,
            }
            for race in story.timeline.races
        ],
        "false_alarms": [
            {"signal": one.signal, "first": one.first.isoformat(), "last": one.last.isoformat()}
            for one in story.false_alarms
        ],
    }
