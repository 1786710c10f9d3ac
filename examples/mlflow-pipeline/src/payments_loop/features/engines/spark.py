"""Spark, for more rows than one machine can take: the same SQL, the same results.

Executors read the data files of the lake themselves; only the result comes to this process.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from payments_loop.features import relations
from payments_loop.features.errors import FeatureError
from payments_loop.features.settings import Settings, SparkSettings
from payments_loop.lake import Lake
from payments_loop.problem import Problem, Table
from payments_loop.problem.schema import Which

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TYPES = {
    "string": "STRING",
    "integer": "BIGINT",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "date": "DATE",
}


class Spark:
    """The distributed engine. Its session is started by the first run, and shared."""

    def __init__(self, settings: SparkSettings | None = None) -> None:
        """Start nothing yet.

        Raises:
            FeatureError: Spark is not installed.
        """
        self._settings = settings or SparkSettings()
        try:
            import pyspark
        except ImportError as error:
            raise FeatureError("Spark is not installed: uv sync --group spark") from error
        self.identity = f"spark {pyspark.__version__}"

    def run(
        self,
        problem: Problem,
        lake: Lake,
        which: Which,
        *,
        start: datetime,
        end: datetime,
        as_of: datetime,
    ) -> pl.DataFrame:
        """Run one SQL file of the problem; see `Engine.run`."""
        session = self._session().newSession()  # views of its own
        rows = relations.span(problem, which, start, end, as_of)
        present = {table.name for table in relations.present(problem, lake)}
        for name, table in problem.tables.items():
            files = lake.files(name) if name in present else []
            relation(session, table, files, rows).createOrReplaceTempView(name)
        for name, frame in relations.moments(start, end, as_of).items():
            (row,) = frame.to_dicts()
            columns = ", ".join(f"CAST({value} AS BIGINT) AS {key}" for key, value in row.items())
            session.sql(f"SELECT {columns}").createOrReplaceTempView(name)
        asked = _queried(session, problem, "spine").cache()
        try:
            asked.createOrReplaceTempView("spine")
            spine = relations.spine(problem, _collected(asked))
            if which == "spine":
                return spine
            result = _collected(_queried(session, problem, which))
        finally:
            asked.unpersist()
        if which == "labels":
            return relations.labels(problem, result)
        return relations.assembled(problem, spine, result)

    def _session(self) -> SparkSession:
        from pyspark.sql import SparkSession

        builder: Any = SparkSession.builder
        fixed = {"spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false"}
        for key, value in (fixed | self._settings.options).items():
            builder = builder.config(key, value)
        session: SparkSession = builder.master(self._settings.master).getOrCreate()
        return session


def relation(
    session: SparkSession,
    table: Table,
    files: list[str],
    rows: relations.Span,
) -> DataFrame:
    """What `relations.visible` is for Polars: visible columns of some data files, times in seconds."""
    from pyspark.sql import functions as F  # noqa: N812 (its usual name)

    kinds = {name: _TYPES[table.columns[name].type] for name in table.columns}
    schema = ", ".join(
        f"`{name}` {kind}" for name, kind in {**kinds, "known_at": "TIMESTAMP"}.items()
    )
    if files:
        frame = session.read.schema(schema).parquet(*files)
    else:
        frame = session.createDataFrame([], schema)
    time = F.col(table.event_time)
    chosen = frame.where(
        (time >= F.lit(rows.first))
        & (time < F.lit(rows.until))
        & (F.col("known_at") <= F.lit(rows.known_by))
    )
    return chosen.select(
        *(
            F.unix_seconds(name).alias(name)
            if table.columns[name].type == "datetime"
            else F.col(name)
            for name in table.visible
        ),
        F.unix_seconds("known_at").alias("known_at"),
    )


def _queried(session: SparkSession, problem: Problem, which: Which) -> DataFrame:
    from pyspark.errors import PySparkException

    try:
        return session.sql(problem.sql(which))
    except PySparkException as error:
        raise FeatureError(f"{problem.name}/{which}.sql: {error}") from error


def _collected(frame: DataFrame) -> pl.DataFrame:
    from pyspark.errors import PySparkException

    try:
        return pl.DataFrame(frame.toArrow())
    except PySparkException as error:
        raise FeatureError(str(error)) from error


def engine(settings: Settings) -> Spark:
    """Make the engine."""
    return Spark(settings.spark)
