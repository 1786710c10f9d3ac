"""Measures what forgetting the delay of labels would have promised, and what features cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop import evidence
from payments_loop.evaluation import metrics
from payments_loop.features import relations
from payments_loop.features.build import build
from payments_loop.features.cache import Cache
from payments_loop.features.engines.duckdb import DuckDB
from payments_loop.features.errors import FeatureError
from payments_loop.features.examples import Examples, examples
from payments_loop.features.matrix import matrix
from payments_loop.features.online import Online
from payments_loop.features.times import DAY
from payments_loop.lake import Lake
from payments_loop.problem import Problem

COMMAND = "make features-evidence"
TRAIN = timedelta(days=28)
TEST = timedelta(days=14)
SEED = 7
REQUESTS = 300
FEWEST = 20  # positive outcomes, in training and in test
PARAMETERS = {
    "objective": "binary",
    "num_leaves": 4,
    "learning_rate": 0.06,
    "min_data_in_leaf": 60,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
    "seed": SEED,
}
TREES = 200

Matrix = NDArray[np.float32]
Result = TypeVar("Result")


class Periods(NamedTuple):
    """When decisions are learned from and judged, so that all labels are final by `as_of`."""

    train: datetime
    test: datetime
    end: datetime


def measure(problem: Problem, lake: Lake, as_of: datetime, root: Path = Path()) -> Path:
    """Write the evidence record `features`.

    Args:
        problem: its outcome table has the key of the table that decisions are about.
        lake: history up to `as_of`; nothing of it is in the cache yet.
        as_of: the present.
        root: of the project.

    Raises:
        FeatureError: the problem has no such table, or too little history.
    """
    end = as_of - timedelta(days=problem.target.maturity_days)
    periods = Periods(end - TEST - TRAIN, end - TEST, end)
    costs = timings(problem, lake, as_of)
    found = examples(problem, lake, start=periods.train, end=periods.end, as_of=as_of)
    values = leak(problem, lake, found, periods, as_of) + costs
    return evidence.write(
        "features",
        "Features: what a leak would promise, and what they cost",
        values,
        command=COMMAND,
        seed=SEED,
        data_sha256=found.manifest.sha256,
        details={"as_of": as_of.isoformat(), "train": TRAIN.days, "test": TEST.days},
        root=root,
    )


def leak(
    problem: Problem,
    lake: Lake,
    found: Examples,
    periods: Periods,
    as_of: datetime,
) -> list[evidence.Value]:
    """Compare features of known outcomes with features of all outcomes, in three ways.

    With the leak, an outcome counts from the moment of the decision that it is about. That is what
    a table of history with a column for the outcome says, and what no service will ever see.
    """
    span = relations.span(problem, "features", periods.train, periods.end, as_of)
    tables = hasty(problem, relations.read(problem, lake, span))
    leaky_frame = DuckDB().query(
        problem, tables, "features", start=periods.train, end=periods.end, as_of=as_of
    )
    order = found.frame.select("row_id")
    leaky_frame = order.join(leaky_frame, on="row_id", how="left", maintain_order="left")
    honest, leaky = found.dataset.X, matrix(leaky_frame, found.dataset.features)
    old = (found.frame["at"] < periods.test).to_numpy()
    y, new = found.dataset.y, ~old
    if min(y[old].sum(), y[new].sum()) < FEWEST:
        raise FeatureError(f"{lake.uri} has too few outcomes before {as_of} to measure anything")
    from_honest, from_leaky = (fit(x[old], y[old]) for x in (honest, leaky))
    aucs = {
        "promised": metrics.auc(metrics.Sample(y[new], from_leaky(leaky[new]))),
        "served": metrics.auc(metrics.Sample(y[new], from_leaky(honest[new]))),
        "honest": metrics.auc(metrics.Sample(y[new], from_honest(honest[new]))),
    }
    aucs["lost"] = metrics.difference(aucs["promised"], aucs["served"])
    scores = metrics.bootstrap(aucs, int(new.sum()), SEED)
    return [
        _score("AUC promised with the leak", scores["promised"], "delay of labels forgotten"),
        _score("AUC of that model in service", scores["served"], "knows what was known only"),
        _score("Promised and not kept", scores["lost"], "on the same rows"),
        _score("AUC promised here", scores["honest"], "point-in-time features: is kept"),
    ]


def hasty(problem: Problem, tables: relations.Frames) -> dict[str, pl.DataFrame]:
    """The relations of somebody who forgets that outcomes become known late.

    Raises:
        FeatureError: no other table has the key of the table that decisions are about.
    """
    name = problem.spine.table
    own = None if name is None else problem.tables[name]
    others = [t for t in problem.tables.values() if own and t != own and t.key == own.key]
    if own is None or not others:
        raise FeatureError(f"{problem.name} has no table of outcomes with the key of its decisions")
    key = list(own.key)
    decided = tables[own.name].select(*key, pl.col(own.event_time).alias("decided"))
    changed = dict(tables)
    for table in others:
        times = [c for c in table.visible if table.columns[c].type == "datetime"]
        joined = tables[table.name].join(decided, on=key, how="left", maintain_order="left")
        changed[table.name] = joined.with_columns(
            pl.col("decided").fill_null(pl.col(column)).alias(column)
            for column in (*times, "known_at")
        ).drop("decided")
    return changed


def fit(X: Matrix, y: NDArray[np.bool_]) -> Callable[[Matrix], NDArray[np.float64]]:
    """Fit boosted trees; returns what scores rows."""
    import lightgbm

    data = lightgbm.Dataset(X, y.astype(np.float32), params={"verbosity": -1})
    booster = lightgbm.train(PARAMETERS, data, TREES)
    return lambda rows: np.asarray(booster.predict(rows, num_threads=1), dtype=np.float64)


def timings(problem: Problem, lake: Lake, as_of: datetime) -> list[evidence.Value]:
    """Processor time of days, and how long single decisions wait."""

    def since(start: datetime) -> pl.DataFrame:
        return build(problem, lake, start=start, end=as_of, as_of=as_of)

    since(as_of - DAY)  # imports and the first opening of files
    for path in Cache.beside(lake, problem).paths():
        path.unlink()
    frame, once = timed(lambda: since(as_of - DAY))
    _, first = timed(lambda: since(as_of - TRAIN))
    _, again = timed(lambda: since(as_of - TRAIN))
    waits = online(problem, lake, frame)
    rows = f"{frame.height:,} decisions"
    return [
        evidence.Value("One day", 1000 * once, "ms", note=f"processor time, {rows}"),
        evidence.Value("28 days", 1000 * first, "ms", note="processor time; one day is there"),
        evidence.Value("28 days, nothing new", first / again, "x", note="times faster"),
        evidence.Value("Online, median", waits["p50"], "ms", note="one decision, one thread"),
        evidence.Value("Online, 99th percentile", waits["p99"], "ms"),
    ]


def online(problem: Problem, lake: Lake, frame: pl.DataFrame) -> Mapping[str, float]:
    """Milliseconds that single decisions wait for their features."""
    last: datetime = frame["at"][-1]
    spine = DuckDB().run(problem, lake, "spine", start=last - DAY, end=last, as_of=last)
    waits = []
    with Online(problem) as service:
        service.refresh(lake, last)
        for row in spine.tail(REQUESTS).to_dicts():
            started = time.perf_counter()
            service.features([row])
            waits.append(1000 * (time.perf_counter() - started))
    p50, p99 = np.quantile(waits, [0.5, 0.99])
    return {"p50": float(p50), "p99": float(p99)}


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """The result of some work, and its processor seconds."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def _score(name: str, found: metrics.Interval, note: str) -> evidence.Value:
    return evidence.Value(name, found.value, low=found.low, high=found.high, note=note)
