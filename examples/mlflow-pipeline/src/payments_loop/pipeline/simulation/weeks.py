"""How well each week was decided: by the loop, by what else could have been done, and at best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop.bundle import Bundle
from payments_loop.evaluation import Dataset, Sample
from payments_loop.evaluation import costs as costing
from payments_loop.evaluation.metrics import auc
from payments_loop.features import examples
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
        data = _everything(work, played)
        never = _first_champion(work, timeline)
        for number in range(played.weeks):
            first = played.first + 7 * number * DAY
            rows = data.between(first, first + 7 * DAY)
            week = Week(first, len(rows.dataset))
            _add(week, "loop", work, rows, _as_decided(work, rows, first))
            if never is not None:
                _add(week, "never", work, rows, (never.predict(rows.dataset.X), None))
            if rows.dataset.truth is not None:
                _add(week, "ceiling", work, rows, (rows.dataset.truth, None))
            if weekly:
                p = _train_and_predict(work, data, first, rows)
                _add(week, "weekly", work, rows, (p, None))
            weeks.append(week)
        say(f"{len(weeks)} weeks judged")
    return weeks


@dataclass(frozen=True)
class _Rows:
    """Labelled decisions in order of time, and which they are."""

    dataset: Dataset
    row_ids: NDArray[np.str_]

    def between(self, first: date | None, last: date) -> _Rows:
        """Those of the days from `first`, or the oldest, to the one before `last`."""
        time, ends = self.dataset.time, (first or date.min, last)
        chosen = slice(*(int(np.searchsorted(time, np.datetime64(day))) for day in ends))
        return _Rows(self.dataset.rows(chosen), self.row_ids[chosen])


def _everything(work: Workspace, played: Play) -> _Rows:
    """All decisions of the world with their final labels, but for those of the warm-up.

    Read once for all weeks and policies. As the loop does, the first days of a lake are left out:
    their features see too little of the past.
    """
    from payments_loop.experiment import load

    found = examples(
        work.problem,
        work.lake,
        start=midnight(played.start + load().data.warm_up_days * DAY),
        end=midnight(played.end),
        as_of=midnight(played.end) + work.maturity + DAY,
    )
    return _Rows(found.dataset, np.array(found.row_ids))


def _first_champion(work: Workspace, timeline: Timeline) -> Bundle | None:
    champions = timeline.champions
    return Bundle.load(work.models.resolve(champions[min(champions)])) if champions else None


def _as_decided(work: Workspace, data: _Rows, first: date) -> tuple[Floats, NDArray[np.bool_]]:
    """Probabilities and decisions as they were made at the time; NaN where none was."""
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
    data: _Rows,
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


def _train_and_predict(work: Workspace, data: _Rows, day: date, rows: _Rows) -> Floats:
    """Train on all that has matured by that day, and use it, however good it is."""
    from payments_loop.experiment import load
    from payments_loop.experiment.boosting import scores
    from payments_loop.experiment.fit import fit_calibrated, split

    settings = load()
    # A matured label is final, so what is known at the end of the play was known then.
    matured = data.between(None, day - work.maturity).dataset
    older, newest = split(matured, settings.data.calibration)
    booster, calibration = fit_calibrated(older, newest, settings, seed=settings.seed)
    return calibration(scores(booster, rows.dataset.X, settings.threads))
