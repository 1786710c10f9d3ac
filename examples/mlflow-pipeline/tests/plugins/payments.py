"""Runs the SQL of a problem folder in DuckDB, without anything between the test and the text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from payments_loop.payments import World
from payments_loop.problem import Problem, load_problem

ROOT = Path(__file__).parents[2]
SPINE, FEATURES, LABELS = "spine", "features", "labels"
START, STOP = 0, 2**40

Tables = dict[str, pl.DataFrame]
RunSql = Callable[..., dict[str, pl.DataFrame]]


def midnight(day: date) -> int:
    """Return the beginning of a day in seconds since 1970."""
    return int(datetime.combine(day, time(), UTC).timestamp())


def tables_of(world: World, first: date, days: int) -> Tables:
    """Tables `payments` and `reports` as the SQL sees them: without hidden columns, in seconds."""
    period = [first + timedelta(days=number) for number in range(days)]
    payments = pl.concat([world.payments(day) for day in period]).drop("true_probability")
    reports = pl.concat([world.reports(day) for day in period])
    return {
        "payments": payments.with_columns(pl.col("time").dt.epoch("s")).with_columns(
            known_at="time"
        ),
        "reports": reports.with_columns(pl.col("reported_at").dt.epoch("s")).with_columns(
            known_at="reported_at"
        ),
    }


def encode(problem: Problem, rows: pl.DataFrame) -> NDArray[np.float32]:
    """Return the features as numbers [N, F]: categories as their index, missing as NaN."""
    columns = [
        pl.col(name)
        if feature.categories is None
        else pl.col(name).replace_strict(list(feature.categories), range(len(feature.categories)))
        for name, feature in problem.features.items()
    ]
    matrix: NDArray[np.float32] = rows.select(columns).cast(pl.Float32).to_numpy()
    return matrix


def learn(matrix: NDArray[np.float32], positive: NDArray[np.generic], rounds: int = 120) -> Any:
    """Boost small trees; the result has `predict`. Skips the test where LightGBM is missing."""
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM comes with the component training")
    settings = {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 8,
        "min_data_in_leaf": 60,
        "lambda_l2": 5,
        "num_threads": 1,
        "seed": 0,
        "verbosity": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(matrix, positive), num_boost_round=rounds)


def auc(positive: NDArray[np.generic], score: NDArray[np.floating]) -> float:
    """Area under the ROC curve, as the share of pairs that are in the right order."""
    frame = pl.DataFrame({"positive": positive != 0, "rank": pl.Series(score).rank("average")})
    ranks = frame.filter("positive")["rank"].to_numpy()
    pairs = len(ranks) * (len(frame) - len(ranks))
    return float((ranks.sum() - len(ranks) * (len(ranks) + 1) / 2) / pairs)


@pytest.fixture(scope="session")
def payments_problem() -> Problem:
    """The problem folder of the project itself."""
    return load_problem("payments", ROOT)


@pytest.fixture
def run_sql(tmp_path: Path) -> RunSql:
    """Run the three files for decisions from `start` to `stop` (seconds); the spine may be given."""

    def run(
        problem: Problem,
        tables: Tables,
        *,
        start: int = START,
        stop: int = STOP,
        features: str = "",
        spine: pl.DataFrame | None = None,
    ) -> dict[str, pl.DataFrame]:
        texts = {SPINE: problem.sql("spine"), LABELS: problem.sql("labels")}
        texts[FEATURES] = features or problem.sql("features")
        with duckdb.connect() as connection:
            for name, frame in tables.items():
                frame.write_parquet(tmp_path / f"{name}.parquet")
                file = tmp_path / f"{name}.parquet"
                connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{file}')")
            connection.execute(
                "CREATE TABLE period AS SELECT $1::BIGINT AS start, $2::BIGINT AS stop",
                [start, stop],
            )
            found = {}
            if spine is not None:
                spine.write_parquet(tmp_path / "given.parquet")
                texts[SPINE] = f"FROM read_parquet('{tmp_path / 'given.parquet'}')"
            for which in (SPINE, FEATURES, LABELS):
                connection.execute(f"CREATE TABLE {which} AS {texts[which]}")
                file = tmp_path / f"{which}-result.parquet"
                connection.execute(f"COPY {which} TO '{file}'")
                found[which] = pl.read_parquet(file).sort("row_id")
        return found

    return run
