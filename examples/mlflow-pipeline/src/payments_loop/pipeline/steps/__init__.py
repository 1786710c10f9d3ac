"""The steps of the loop. What each does is in the component it calls; here is how they are joined."""

from __future__ import annotations

from payments_loop.pipeline.graph import Graph, Step
from payments_loop.pipeline.steps import data, decision, models, report
from payments_loop.pipeline.workspace import Workspace

# What the results of every step depend on: the definition of the problem.
_PROBLEM = (
    "payments_loop.problem",
    "payments_loop.lake",
)
_FEATURES = (*_PROBLEM, "payments_loop.features")

GRAPH: Graph[Workspace] = Graph(
    [
        Step(
            name="ingest",
            needs=(),
            run=data.ingest,
            summary="take what has arrived into the lake, put broken batches aside",
            always=True,
        ),
        Step(
            name="validate",
            needs=("ingest",),
            run=data.validate,
            summary="freshness of every table; hard failures stop the run",
            code=("payments_loop.validation",),
        ),
        Step(
            name="features",
            needs=("validate",),
            run=data.features,
            summary="point-in-time features of the newest day, checked",
            code=_FEATURES,
        ),
        Step(
            name="score",
            needs=("features",),
            run=data.score,
            summary="scores of all days that have none yet, by champion and challenger",
            code=("payments_loop.scoring",),
        ),
        Step(
            name="monitor",
            needs=("score",),
            run=data.monitor,
            summary="drift, matured labels, freshness, failures",
            code=("payments_loop.monitor",),
        ),
        Step(
            name="decide",
            needs=("monitor",),
            run=decision.decide,
            summary="keep, retrain or roll back, and why",
            code=("payments_loop.pipeline.triggers",),
            settings=("decide", "triggers", "race", "rollback"),
        ),
        Step(
            name="rollback",
            needs=("decide",),
            run=models.rollback,
            summary="the version before comes back",
        ),
        Step(
            name="train_full",
            needs=("decide",),
            run=models.train_full,
            summary="a challenger that learns from all rows",
            code=(*_FEATURES, "payments_loop.experiment"),
            settings=("race",),
        ),
        Step(
            name="train_recent",
            needs=("decide",),
            run=models.train_recent,
            summary="a challenger that learns from the newest rows",
            code=(*_FEATURES, "payments_loop.experiment"),
            settings=("race",),
        ),
        Step(
            name="gate",
            needs=("train_full", "train_recent"),
            run=models.gate,
            summary="judge them on rows that nobody learned from, against champion and baseline",
            code=(
                "payments_loop.registry",
                "payments_loop.evaluation",
            ),
            settings=("race",),
        ),
        Step(
            name="canary",
            needs=("gate",),
            run=models.canary,
            summary="the winner scores live rows in shadow",
            code=("payments_loop.scoring",),
            settings=("canary",),
        ),
        Step(
            name="promote",
            needs=("gate", "canary"),
            run=models.promote,
            summary="the winner becomes champion, or waits for a person",
            settings=("canary",),
        ),
        Step(
            name="report",
            needs=("ingest", "monitor", "decide", "rollback", "gate", "canary", "promote"),
            run=report.write,
            summary="what happened and why, on one page",
            code=("payments_loop.pipeline.steps.report",),
        ),
    ]
)
