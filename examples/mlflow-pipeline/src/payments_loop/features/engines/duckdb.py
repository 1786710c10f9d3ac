"""DuckDB, inside this process: reads Polars frames where they are, by the Arrow C interface."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

import duckdb
import polars as pl

from payments_loop.features import relations
from payments_loop.features.errors import FeatureError
from payments_loop.features.settings import DuckDBSettings, Settings
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.problem.schema import Which

# Below this many rows, sharing the work costs more than it saves.
_ROWS_PER_THREAD = 100_000


class Stream:
    """Something with an Arrow stream, and nothing else of it.

    DuckDB and Polars would recognise each other's own types, and then ask for pyarrow.
    """

    def __init__(self, source: pl.DataFrame | duckdb.DuckDBPyRelation) -> None:
        """Wrap without copying; `source` may be replaced by another one of the same schema."""
        self.source = source

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Start over, each time that it is read."""
        return self.source.__arrow_c_stream__(requested_schema)


class DuckDB:
    """The SQL as it is written."""

    def __init__(self, settings: DuckDBSettings | None = None) -> None:
        """Open nothing: runs share a database in memory, each with relations of its own."""
        self._settings = settings or DuckDBSettings()

    @property
    def identity(self) -> str:
        """Name and version."""
        return f"duckdb {duckdb.__version__}"

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
        rows = relations.span(problem, which, start, end, as_of)
        tables = relations.read(problem, lake, rows)
        return self.query(problem, tables, which, start=start, end=end, as_of=as_of)

    def query(
        self,
        problem: Problem,
        tables: relations.Frames,
        which: Which,
        *,
        start: datetime,
        end: datetime,
        as_of: datetime,
        asked: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """Run one SQL file on the given relations, see `relations.read`.

        Args:
            problem: the SQL, and what its results must be.
            tables: the source tables.
            which: the file.
            start: first moment of the decisions.
            end: first moment after them.
            as_of: for the relation `clock`.
            asked: the relation `spine`; by default the result of `spine.sql`.
        """
        with self._opened(sum(frame.height for frame in tables.values())) as connection:
            for name, frame in {**tables, **relations.moments(start, end, as_of)}.items():
                connection.register(name, Stream(frame))
            if asked is None:
                asked = fetched(connection, problem.sql("spine"), f"{problem.name}/spine.sql")
            if which == "spine":
                return relations.spine(problem, asked)
            connection.register("spine", Stream(asked))
            result = fetched(connection, problem.sql(which), f"{problem.name}/{which}.sql")
        if which == "labels":
            return relations.labels(problem, result)
        return relations.assembled(problem, relations.spine(problem, asked), result)

    @contextmanager
    def _opened(self, rows: int) -> Iterator[duckdb.DuckDBPyConnection]:
        small = rows < _ROWS_PER_THREAD
        threads = 1 if small else self._settings.threads
        database = _database(threads, self._settings.memory, os.getpid())
        with database.cursor() as connection:
            yield connection


@lru_cache(maxsize=8)
def _database(
    threads: int,
    memory: str,
    process: int,  # noqa: ARG001 (part of the key)
) -> duckdb.DuckDBPyConnection:
    """Start an empty database, once: that takes longer than most queries.

    Registered relations belong to a connection, so its other connections do not see them.

    Args:
        threads: of a query; 0 for one per core.
        memory: limit such as `4GB`; empty for DuckDB's own.
        process: which one; threads do not survive a fork.
    """
    config: dict[str, str | bool | int | float | list[str]] = {}
    if threads:
        config["threads"] = threads
    if memory:
        config["memory_limit"] = memory
    return duckdb.connect(config=config)


# What is open when the interpreter ends, DuckDB reports as a leak.
atexit.register(_database.cache_clear)


def fetched(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> pl.DataFrame:
    """The result of a query.

    Raises:
        FeatureError: it fails; the message names `place` and has DuckDB's words.
    """
    try:
        return pl.DataFrame(Stream(connection.sql(sql)))
    except (duckdb.Error, pl.exceptions.PolarsError) as error:
        raise FeatureError(f"{place}: {error}") from error


def engine(settings: Settings) -> DuckDB:
    """Make the engine."""
    return DuckDB(settings.duckdb)
