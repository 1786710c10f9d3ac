"""What the SQL of a problem sees, and what is expected of its results.

Every engine goes through here, so that all of them run on the same rows and give the same frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import polars as pl

from payments_loop.features.errors import FeatureError
from payments_loop.features.times import (
    AWARE,
    DAY,
    epoch,
    moment,
    seconds,
)
from payments_loop.lake import Lake
from payments_loop.lake.schema import TYPES
from payments_loop.problem import Column, Problem, Table
from payments_loop.problem.schema import Which

Frames = Mapping[str, pl.DataFrame]


class Span(NamedTuple):
    """Which rows of the source tables a query may see: by event time, and by when they were known."""

    first: datetime
    until: datetime
    known_by: datetime


def span(problem: Problem, which: Which, start: datetime, end: datetime, as_of: datetime) -> Span:
    """The rows that decisions with start <= at < end need.

    Features look back; labels look ahead, until they are final.
    """
    first = start - timedelta(days=problem.lookback_days)
    if which == "labels":
        end += timedelta(days=problem.target.maturity_days) + DAY
    return Span(first, end, as_of)


def present(problem: Problem, lake: Lake) -> list[Table]:
    """The tables of a problem that have rows; the others are empty for now.

    Raises:
        FeatureError: none has.
    """
    known = set(lake.tables())
    found = [table for name, table in problem.tables.items() if name in known]
    if not found:
        next_step = "run `payments-loop ingest`"
        raise FeatureError(f"{lake.uri} has no table of {problem.name}: {next_step}")
    return found


def read(problem: Problem, lake: Lake, rows: Span) -> dict[str, pl.DataFrame]:
    """The relations of a problem: visible columns, times in seconds, and `known_at`."""
    written = present(problem, lake)
    queries = [
        visible(
            table,
            lake.scan(table.name, start=rows.first, end=rows.until, known_by=rows.known_by),
        )
        for table in written
    ]
    frames = pl.collect_all(queries)
    found = {table.name: frame for table, frame in zip(written, frames, strict=True)}
    return {name: found.get(name, empty(table)) for name, table in problem.tables.items()}


def visible(table: Table, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of a table that SQL may use."""
    return rows.select(
        *(
            epoch(name) if table.columns[name].type == "datetime" else pl.col(name)
            for name in table.visible
        ),
        epoch("known_at"),
    )


def empty(table: Table) -> pl.DataFrame:
    """A relation without rows."""
    columns = {name: TYPES[table.columns[name].type] for name in table.columns}
    rows = pl.LazyFrame(schema=columns | {"known_at": TYPES["datetime"]})
    return visible(table, rows).collect()


def moments(start: datetime, end: datetime, as_of: datetime) -> dict[str, pl.DataFrame]:
    """The one-row relations `period` and `clock`."""
    return {
        "period": pl.DataFrame({"start": [seconds(start)], "stop": [seconds(end)]}),
        "clock": pl.DataFrame({"as_of": [seconds(as_of)]}),
    }


def spine_column(problem: Problem, name: str) -> Column:
    """The table column that a column of the spine has its type from.

    Raises:
        FeatureError: no table has a column of this name.
    """
    first = [problem.tables[problem.spine.table]] if problem.spine.table else []
    for table in (*first, *problem.tables.values()):
        if name in table.columns:
            return table.columns[name]
    raise FeatureError(f"{problem.name}: the spine's {name!r} is a column of no table")


def spine(problem: Problem, rows: pl.DataFrame) -> pl.DataFrame:
    """Check the result of `spine.sql`; `at` becomes a time.

    Raises:
        FeatureError: a column is missing, or a row_id occurs twice.
    """
    asked = dict.fromkeys((*problem.spine.entities, *problem.spine.request))
    _expect(rows, "spine.sql", ("row_id", "at", *asked))
    _distinct(rows, "spine.sql")
    return rows.select("row_id", moment("at"), *asked)


def assembled(problem: Problem, asked: pl.DataFrame, computed: pl.DataFrame) -> pl.DataFrame:
    """Join the checked spine with the result of `features.sql`.

    Args:
        problem: names the features.
        asked: result of `spine`.
        computed: `row_id` and all features that are no columns of the spine.

    Returns:
        The columns of the spine and the features in order, as Float64 or String; NaN is null.

    Raises:
        FeatureError: a feature is missing, or rows were lost, invented or repeated.
    """
    names = [name for name in problem.features if name not in asked.columns]
    _expect(computed, "features.sql", ("row_id", *names))
    _distinct(computed, "features.sql")
    if computed.height != asked.height:
        raise FeatureError(
            f"{problem.name}: features.sql gives {computed.height} rows for {asked.height} "
            "decisions; it must give each one, with or without history (LEFT JOIN)"
        )
    joined = asked.join(computed.select("row_id", *names), on="row_id", how="inner")
    if joined.height != asked.height:
        raise FeatureError(f"{problem.name}: features.sql gives rows that are not in the spine")
    return joined.with_columns(_typed(problem, name) for name in problem.features).sort(
        "at", "row_id"
    )


def beside(problem: Problem, asked: pl.DataFrame, computed: pl.DataFrame) -> pl.DataFrame:
    """Put features beside the checked and sorted spine whose rows they were computed for.

    Returns:
        As `assembled` does.

    Raises:
        FeatureError: a feature is missing.
    """
    names = [name for name in problem.features if name not in asked.columns]
    _expect(computed, "features.py", tuple(names))
    return asked.hstack(computed.select(names)).with_columns(
        _typed(problem, name) for name in problem.features
    )


def differing(problem: Problem, right: pl.DataFrame, found: pl.DataFrame) -> list[str]:
    """The features that are not the same in two results; "rows" if other decisions are there."""
    names = list(problem.features)
    right, found = right.sort("row_id"), found.sort("row_id")
    if not right["row_id"].equals(found["row_id"]):
        return ["rows"]
    return [name for name in names if not right[name].equals(found[name], null_equal=True)]


def nothing(problem: Problem) -> pl.DataFrame:
    """The result of `assembled` without rows."""
    asked = dict.fromkeys((*problem.spine.entities, *problem.spine.request))
    columns = {name: TYPES[spine_column(problem, name).type] for name in asked}
    features = dict.fromkeys(problem.features, pl.Float64())
    schema = {"row_id": pl.String(), "at": AWARE, **columns, **features}
    return pl.DataFrame(schema=schema).with_columns(
        _typed(problem, name) for name in problem.features
    )


def labels(problem: Problem, rows: pl.DataFrame) -> pl.DataFrame:
    """Check the result of `labels.sql`: `row_id`, `target` (0 or 1), `known_at` as a time.

    Raises:
        FeatureError: a column is missing, a row_id occurs twice, or a target is neither 0 nor 1.
    """
    _expect(rows, "labels.sql", ("row_id", "target", "known_at"))
    _distinct(rows, "labels.sql")
    found = rows.select("row_id", pl.col("target").cast(pl.Int64), moment("known_at"))
    if not found["target"].is_in([0, 1]).all():
        raise FeatureError(f"{problem.name}: labels.sql gives a target that is neither 0 nor 1")
    return found


def _typed(problem: Problem, name: str) -> pl.Expr:
    if problem.features[name].kind == "categorical":
        return pl.col(name).cast(pl.String)
    return pl.col(name).cast(pl.Float64).fill_nan(None)


def _expect(rows: pl.DataFrame, file: str, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in rows.columns]
    if missing:
        given = ", ".join(rows.columns)
        raise FeatureError(f"{file} gives no column {missing[0]!r}; it gives {given}")


def _distinct(rows: pl.DataFrame, file: str) -> None:
    ids = rows["row_id"]
    if ids.null_count() or ids.n_unique() != rows.height:
        raise FeatureError(f"{file}: row_id is null, or gives a row twice")
