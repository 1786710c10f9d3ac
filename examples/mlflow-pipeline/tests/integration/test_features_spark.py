"""Spark, DuckDB and Polars give the same rows, to the last bit. Needs the group `spark` and Java."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import pytest

from payments_loop.features import FeatureError
from payments_loop.features.engines import Engine, open_engine
from payments_loop.features.engines.duckdb import DuckDB
from payments_loop.features.engines.polars import Polars
from payments_loop.features.settings import Settings, SparkSettings
from payments_loop.lake import Lake
from payments_loop.problem import Problem

DAY = timedelta(days=1)
OPTIONS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of py4j
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark.*"),
    pytest.mark.filterwarnings("ignore::FutureWarning:pyspark.*"),
]


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    """Spark on this machine."""
    sql = pytest.importorskip("pyspark.sql", reason="uv sync --group spark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17")
    settings = Settings(engine="spark", spark=SparkSettings(master="local[1]", options=OPTIONS))
    yield open_engine(settings)
    if session := sql.SparkSession.getActiveSession():
        session.stop()


@pytest.mark.parametrize("which", ["spine", "features", "labels"])
def test_both_engines_agree(
    problem: Problem,
    lake: Lake,
    as_of: datetime,
    spark: Engine,
    which: Literal["spine", "features", "labels"],
) -> None:
    period = {"start": as_of - 21 * DAY, "end": as_of - 7 * DAY, "as_of": as_of}
    expected = DuckDB().run(problem, lake, which, **period)
    found = spark.run(problem, lake, which, **period)
    assert expected.height == 14 * 40
    assert found.sort("row_id").equals(expected.sort("row_id"))
    assert found.schema == expected.schema


def test_it_agrees_with_features_in_polars(
    bulk_problem: Problem, hard_lake: Lake, as_of: datetime, spark: Engine
) -> None:
    period = {"start": as_of - 21 * DAY, "end": as_of, "as_of": as_of}
    expected = Polars().run(bulk_problem, hard_lake, "features", **period)
    assert spark.run(bulk_problem, hard_lake, "features", **period).equals(expected)


def test_a_table_without_rows_is_empty(
    problem: Problem, lake: Lake, as_of: datetime, spark: Engine
) -> None:
    import polars as pl

    lake.tables = lambda: ["orders"]  # type: ignore[method-assign]
    found = spark.run(problem, lake, "features", start=as_of - DAY, end=as_of, as_of=as_of)
    assert found.select(pl.col("customer_returns_30d").sum()).item() == 0


def test_wrong_sql_is_explained(
    problem: Problem, lake: Lake, as_of: datetime, spark: Engine
) -> None:
    (problem.folder / "features.sql").write_text("SELECT nothing FROM spine")
    with pytest.raises(FeatureError, match=r"shop/features.sql: .*nothing"):
        spark.run(problem, lake, "features", start=as_of - DAY, end=as_of, as_of=as_of)


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(FeatureError, match="no engine 'flink'; there are duckdb, polars, spark"):
        open_engine(Settings(engine="flink"))
