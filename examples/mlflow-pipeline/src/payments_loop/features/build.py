"""Features of decisions in a period, as everybody may know them who asks at the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import polars as pl

from payments_loop.features import relations
from payments_loop.features.cache import Cache, Inputs
from payments_loop.features.engines import Engine, open_engine
from payments_loop.features.settings import Settings
from payments_loop.features.times import AWARE, DAY, TICK, days, midnight
from payments_loop.lake import Lake
from payments_loop.problem import Problem


def build(
    problem: Problem,
    lake: Lake,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
    engine: Engine | None = None,
) -> pl.DataFrame:
    """Compute the features of all decisions with start <= at < end, and at <= as_of.

    Whole days are kept by the content of their inputs: what did not change is not computed again.

    Args:
        problem: what is asked, and the SQL.
        lake: the source tables.
        start: first moment, aware.
        end: first moment that is left out.
        as_of: decisions and rows that became known later do not exist yet.
        engine: by default the one in `config/features.toml`.

    Returns:
        `row_id`, `at` (Datetime, UTC), the entities and the features in order (Float64 or String,
        null = missing), sorted by `at` and `row_id`.

    Raises:
        FeatureError: nothing was ingested, or the SQL does not give what the problem describes.
    """
    settings = Settings.load()
    engine = engine or open_engine(settings)
    names = list(dict.fromkeys(("row_id", "at", *problem.spine.entities, *problem.features)))
    end = min(end, as_of + TICK)
    wanted = list(days(start, end))
    if not wanted:
        return relations.nothing(problem).select(names)
    inputs = Inputs(problem, lake, wanted[0], wanted[-1])
    keys = {day: inputs.key(day, as_of, engine.identity) for day in wanted}
    cache = Cache.beside(lake, problem)
    found = {day: rows for day in wanted if (rows := cache.read(day, keys[day])) is not None}
    missing = [day for day in wanted if day not in found]
    for run in _runs(missing, inputs, problem.lookback_days, settings.chunk_rows):
        first, last = midnight(run[0]), midnight(run[-1] + DAY)
        computed = engine.run(problem, lake, "features", start=first, end=last, as_of=as_of)
        by_day = dict(_divided(computed, run))
        cache.write(keys, by_day)
        found |= by_day
    for day in (wanted[0], wanted[-1]):  # only these may be parts of days
        found[day] = found[day].filter((pl.col("at") >= start) & (pl.col("at") < end))
    return pl.concat([found[day].select(names) for day in wanted])


def _divided(computed: pl.DataFrame, days: Sequence[date]) -> Iterator[tuple[date, pl.DataFrame]]:
    """The rows of each day, of rows in order of time."""
    midnights = pl.Series([midnight(day) for day in (*days, days[-1] + DAY)], dtype=AWARE)
    places = computed["at"].search_sorted(midnights, side="left")
    for day, first, end in zip(days, places, places[1:], strict=False):
        yield day, computed[first:end]


def _runs(
    missing: Sequence[date],
    inputs: Inputs,
    lookback: int,
    limit: int,
) -> Iterator[list[date]]:
    """Divide days into runs without gaps that read about `limit` rows each, besides their history.

    A run is at least as long as the history it reads, so that this is read twice at most.
    """
    run: list[date] = []
    rows = 0
    for day in missing:
        full = rows >= limit and len(run) >= lookback
        if run and (full or day != run[-1] + DAY):
            yield run
            run, rows = [], 0
        run.append(day)
        rows += inputs.rows(day)
    if run:
        yield run
