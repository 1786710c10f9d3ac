"""The world poses the problem it is meant to: learnable, lost by concept drift, and recoverable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from plugins.payments import (
    FEATURES,
    LABELS,
    SPINE,
    RunSql,
    auc,
    encode,
    learn,
    midnight,
    tables_of,
)

from payments_loop.payments import Incident, World
from payments_loop.payments.measure import ceiling
from payments_loop.problem import Problem

# Thirty days fill the windows; then weeks to learn from, a covariate drift and a concept drift.
LEARN, QUIET, JOINED, MOVED, END = 30, 70, 85, 100, 145


def _incident(kind: str, day: int) -> Incident:
    date = World().start + timedelta(days=day)
    return Incident(kind, date, date, "", ())  # type: ignore[arg-type]


class _Scores:
    """Trains on some days of one world and scores others."""

    def __init__(self, problem: Problem, rows: pl.DataFrame) -> None:
        self.problem, self.rows = problem, rows

    def days(self, first: int, end: int) -> pl.DataFrame:
        return self.rows.filter(pl.col("day").is_between(first, end, closed="left"))

    def train(self, first: int, end: int) -> Any:
        rows = self.days(first, end)
        return learn(encode(self.problem, rows), rows["target"].to_numpy())

    def auc(self, model: Any, first: int, end: int) -> float:
        rows = self.days(first, end)
        probability = model.predict(encode(self.problem, rows))
        return auc(rows["fraud"].to_numpy(), probability)


@pytest.fixture
def scores(payments_problem: Problem, run_sql: RunSql) -> _Scores:
    incidents = [_incident("covariate_drift", JOINED), _incident("concept_drift", MOVED)]
    world = World(seed=2, incidents=incidents)
    first = world.start + timedelta(days=LEARN)
    tables = tables_of(world, world.start, END)
    found = run_sql(payments_problem, tables, start=midnight(first))
    days = [world.start + timedelta(days=number) for number in range(END)]
    truth = pl.concat([world.everything(day) for day in days])
    rows = (
        found[SPINE]
        .join(found[FEATURES], on="row_id")
        .join(found[LABELS].drop("known_at"), on="row_id")
        .join(
            truth.select(row_id="payment_id", fraud="fraud", true_probability="true_probability"),
            on="row_id",
        )
        .with_columns(day=(pl.col("at") - midnight(world.start)) // 86_400)
        .sort("at", "row_id")
    )
    return _Scores(payments_problem, rows)


def test_the_problem_is_learned_lost_and_learned_again(scores: _Scores) -> None:
    champion = scores.train(LEARN, QUIET)
    quiet = scores.auc(champion, QUIET, JOINED)
    assert 0.74 < quiet < ceiling(scores.days(QUIET, JOINED))

    joined = scores.auc(champion, JOINED, MOVED)
    assert abs(joined - quiet) < 0.06  # a covariate drift alone hardly hurts

    recent = MOVED + 21
    lost = scores.auc(champion, recent, END)
    assert lost < 0.62
    assert ceiling(scores.days(recent, END)) > 0.8  # the payments can be told as well as before

    everything = scores.auc(scores.train(LEARN, recent), recent, END)
    window = scores.auc(scores.train(recent - 28, recent), recent, END)
    assert window > 0.7
    assert window > everything + 0.03  # what fraudsters used to do misleads
