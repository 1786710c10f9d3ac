"""Writes a feature repository: computed features as a Parquet source, and what Feast knows of them.

Feast computes nothing here. Its source has a row for each decision, with the features that
`features.sql` gives; Feast finds them again.
"""

from __future__ import annotations

import importlib
import logging
import os
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl

from payments_loop.features import relations
from payments_loop.features.build import build
from payments_loop.features.engines.duckdb import DuckDB
from payments_loop.features.errors import FeatureError
from payments_loop.features.feast.definitions import (
    COMPUTED_FOR,
    CREATED,
    SOURCE,
    history,
    key,
    register,
)
from payments_loop.features.settings import FeastSettings, Settings
from payments_loop.features.times import DAY, TICK, epoch, midnight
from payments_loop.lake import Lake
from payments_loop.problem import Problem

_INSTEAD = 'set [feast] key = "row_id"'
_METRICS = frozenset({"PROMETHEUS_MULTIPROC_DIR", "PROMETHEUS_MULTIPROCESS_DIR"})


@dataclass(frozen=True)
class Applied:
    """What a repository has: its folder, the columns that find a row, and how many there are."""

    folder: Path
    key: tuple[str, ...]
    rows: int


def apply(
    problem: Problem,
    lake: Lake,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
    root: Path = Path(),
) -> Applied:
    """Compute the features of decisions with start <= at < end, and register them with Feast.

    Args:
        problem: its history features become a feature view, and a feature service of its name.
        lake: the source tables.
        start: first moment, aware.
        end: first moment that is left out.
        as_of: what became known later does not exist yet; the created timestamp of all rows.
        root: of the project.

    Raises:
        FeatureError: Feast is not installed, there are no decisions, or the key does not determine
            the features.
    """
    settings = Settings.load(root).feast
    require()
    frame = build(problem, lake, start=start, end=end, as_of=as_of)
    if frame.is_empty():
        raise FeatureError(f"{problem.name}: no decisions from {start} to {end}")
    if settings.key == "entities":
        _prove_entities(problem, lake, frame["at"].dt.date()[-1], as_of)
    source = _source(problem, frame, settings, as_of)
    folder = repository(problem, settings, root)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{SOURCE}"
    source.write_parquet(unfinished)
    unfinished.replace(folder / SOURCE)
    register(problem, settings, folder, source)
    return Applied(folder, key(problem, settings), source.height)


def repository(problem: Problem, settings: FeastSettings, root: Path) -> Path:
    """The folder of a problem's feature repository, absolute: Feast looks from where it runs."""
    return (root / settings.folder / problem.name).resolve()


def require() -> None:
    """Import Feast, without what it does to its process.

    It would move the values of all Prometheus metrics to files that it shares with its own server,
    and log every look at the registry.

    Raises:
        FeatureError: it is not installed.
    """
    before = frozenset(os.environ)
    try:
        for name in ("prometheus_client", "feast"):  # the first decides where values are
            importlib.import_module(name)
    except ImportError as error:
        raise FeatureError("Feast is not installed: uv sync --inexact --group feast") from error
    for name in _METRICS - before:
        os.environ.pop(name, None)
    logging.getLogger("feast").setLevel(logging.WARNING)


def _source(
    problem: Problem,
    frame: pl.DataFrame,
    settings: FeastSettings,
    as_of: datetime,
) -> pl.DataFrame:
    """The rows that Feast reads; one for each key and moment."""
    names = key(problem, settings)
    rows = frame.select(
        *names,
        "at",
        pl.lit(as_of).cast(frame.schema["at"]).alias(CREATED),
        epoch("at").alias(COMPUTED_FOR),
        *history(problem),
    ).unique(maintain_order=True)
    for name in names:
        if not (rows.schema[name] == pl.String or rows.schema[name].is_integer()):
            raise FeatureError(f"{problem.name}: {name} is neither text nor whole; {_INSTEAD}")
        if missing := rows[name].null_count():
            raise FeatureError(
                f"{problem.name}: {name} is null in {missing} decisions, and Feast never finds a null; {_INSTEAD}"
            )
    several = rows.filter(pl.struct(*names, "at").is_duplicated())
    if not several.is_empty():
        first = several.select(*names, "at").row(0)
        raise FeatureError(f"{problem.name}: {first} has several features at once; {_INSTEAD}")
    return rows


def _prove_entities(problem: Problem, lake: Lake, last: date, as_of: datetime) -> None:
    """Swap what callers bring between the decisions of a day: history features must not change."""
    start = midnight(last)
    end = min(start + DAY, as_of + TICK)
    tables = relations.read(problem, lake, relations.span(problem, "features", start, end, as_of))
    query = partial(DuckDB().query, problem, tables, "features", start=start, end=end, as_of=as_of)
    right = query()
    brought = [name for name in problem.spine.request if name not in problem.spine.entities]
    swapped = right.with_columns(pl.col("row_id", *brought).reverse())
    asked = swapped.select("row_id", epoch("at"), *problem.spine.entities, *brought)
    different = relations.differing(problem, swapped, query(asked=asked))
    if different:
        names = ", ".join(different)
        raise FeatureError(f"{problem.name}: not a matter of entities alone: {names}; {_INSTEAD}")
