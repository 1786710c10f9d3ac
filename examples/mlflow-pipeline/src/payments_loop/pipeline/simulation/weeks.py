"""How well each week was decided: by the loop, by what else could have been done, and at best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle
from payments_loop.bundle.schema import INPUT, OUTPUT
from payments_loop.evaluation import Sample
from payments_loop.evaluation import costs as costing
from payments_loop.evaluation.metrics import auc
from payments_loop.features import Examples, examples
from payments_loop.pipeline.simulation.play import (
    DAY,
    Play,
    inside,
    midnight,
)
from payments_loop.pipeline.simulation.timeline import Timeline
from payments_loop.pipeline.workspace import Workspace
from payments_loop.scoring import read

Floats = NDArray[np.floating]
Say = Callable[[str], object]


@dataclass(frozen=True)
class Week:
    """One week of decisions, judged when all labels had matured.

    Attributes:
        first: its Monday, or whichever day the play began on.
        rows: decisions with a label.
        auc: policy -> AUC of what it decided by.
        cost: policy -> cost per 1,000 decisions.
    """

    first: date
    rows: int
    auc: dict[str, float] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)


def judge(played: Play, timeline: Timeline, *, weekly: bool, say: Say = print) -> list[Week]:
    """Judge every week of a play.

    Args:
        played: what was played.
        timeline: which version was champion when.
        weekly: also train every week and promote whatever comes out, which takes its time.
        say: told about progress.

    Returns:
        Weeks with the policies `loop`, `never` (the first champion for ever), `ceiling` (the true
        probability), and `weekly` if asked for.
    """
    weeks = []
    with inside(played.folder):
        work = Workspace()
        never = Bundle.load(work.models.resolve(timeline.champions[min(timeline.champions)]))
        for number in range(played.weeks):
            first = played.first + 7 * number * DAY
            data = _rows(work, first, first + 7 * DAY, played)
            week = Week(first, len(data.dataset))
            _add(week, "loop", work, data, _as_decided(work, data, first))
            _add(week, "never", work, data, (never.predict(data.dataset.X), None))
            if data.dataset.truth is not None:
                _add(week, "ceiling", work, data, (data.dataset.truth, None))
            if weekly:
                _add(
                    week,
                    "weekly",
                    work,
                    data,
                    (_train_and_predict(work, played, first, data), None),
                )
            weeks.append(week)
        say(f"{len(weeks)} weeks judged")
    return weeks


def _rows(work: Workspace, first: date, last: date, played: Play) -> Examples:
    known = midnight(played.end) + work.maturity + DAY
    return examples(work.problem, work.lake, start=midnight(first), end=midnight(last), as_of=known)


def _as_decided(work: Workspace, data: Examples, first: date) -> tuple[Floats, NDArray[np.bool_]]:
    """Probabilities and decisions as they were made at the time; NaN where none was."""
    import polars as pl

    scored = read(work.lake, start=midnight(first), end=midnight(first + 7 * DAY))
    asked = pl.DataFrame({"row_id": data.row_ids})
    if scored is None:
        return np.full(len(asked), np.nan), np.zeros(len(asked), dtype=bool)
    columns = scored.select("row_id", "probability", "threshold")
    found = asked.join(columns, on="row_id", how="left", maintain_order="left")
    p = found["probability"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    review = (found["probability"] >= found["threshold"]).fill_null(value=False).to_numpy()
    return p, review


def _add(
    week: Week,
    policy: str,
    work: Workspace,
    data: Examples,
    answers: tuple[Floats, NDArray[np.bool_] | None],
) -> None:
    """Score a policy on the rows that it decided."""
    p, review = answers
    decided = np.isfinite(p)
    rows = data.dataset.rows(decided)
    if not 0 < rows.y.sum() < len(rows):
        return
    costs = work.problem.bundle_costs()
    if review is None:
        review = p >= costs.thresholds(data.dataset.amount)
    week.auc[policy] = auc(Sample(rows.y, p[decided]))(np.ones(len(rows)))
    week.cost[policy] = 1000 * float(costing.per_row(rows, review[decided], costs).mean())


def _train_and_predict(work: Workspace, played: Play, day: date, data: Examples) -> Floats:
    """Train on all that has matured by that day, and use it, however good it is."""
    from payments_loop.bundle import session
    from payments_loop.experiment import fit, load

    as_of = midnight(day)
    settings = load()
    # As the loop does: the first days of a lake have features that see too little of the past.
    start = midnight(played.world.start) + settings.data.warm_up_days * DAY
    known = examples(work.problem, work.lake, start=start, end=as_of - work.maturity, as_of=as_of)
    model = session(fit(known.dataset, settings, seed=settings.seed).onnx)
    answer: Floats = model.run([OUTPUT], {INPUT: data.dataset.X})[0]
    return answer
