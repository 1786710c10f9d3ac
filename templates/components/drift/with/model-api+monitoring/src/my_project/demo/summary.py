"""The result of the demonstration, in words and as an evidence record."""

from __future__ import annotations

from pathlib import Path

from my_project import evidence
from my_project.demo import rules
from my_project.demo.run import ALERT, Outcome, Plan
from my_project.drift import PSI_THRESHOLD

RESULTS = {
    "prometheus": f"{ALERT} was inactive under normal traffic and fired under shifted traffic.",
    "promtool": f"{ALERT}, evaluated afterwards, is silent until the shift and fires after it.",
    "nothing": "The index crossed the threshold after the shift only; no alert was evaluated.",
}
FOR_NOTE = f"`for:` is {rules.FOR_SECONDS} s here, 15 min in the real rule"


def lines(outcome: Outcome) -> list[str]:
    """What a spectator should take away."""
    if outcome.problem:
        return [f"FAILED: {outcome.problem}"]
    values = _values(outcome)
    told = [f"{value.name}: {value.value:g} {value.unit}".rstrip() for value in values]
    return [RESULTS[outcome.evaluated_by], *told]


def write(outcome: Outcome, plan: Plan, root: Path = Path()) -> Path:
    """Write the evidence record of a demonstration that succeeded."""
    return evidence.write(
        "drift-demo",
        "From shifted traffic to the alert",
        _values(outcome),
        command="make monitor-demo",
        seed=plan.seed,
        details={
            "model_version": outcome.model_version,
            "evaluated_by": outcome.evaluated_by,
            "rows_per_second": plan.rows_per_second,
            "window_rows": plan.window_rows,
            "for_seconds": rules.FOR_SECONDS,
        },
        root=root,
    )


def _values(outcome: Outcome) -> list[evidence.Value]:
    timeline = outcome.timeline
    shift = timeline.shift()
    moments = {f"PSI above {PSI_THRESHOLD:g}": timeline.crossing(PSI_THRESHOLD)}
    moments |= {f"Alert {state}": timeline.first(ALERT, state) for state in ("pending", "firing")}
    values = []
    for name, moment in moments.items():
        if moment:
            note = FOR_NOTE if name.endswith("firing") else ""
            rows = moment.rows - shift.rows
            seconds = round(moment.seconds - shift.seconds, 1)
            values.append(evidence.Value(f"{name}, rows since the shift", rows, note=note))
            values.append(evidence.Value(f"{name}, time since the shift", seconds, "s", note=note))
    return values
