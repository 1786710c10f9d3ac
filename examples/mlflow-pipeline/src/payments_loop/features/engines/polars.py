"""Polars, inside this process: a problem's `features.py` where it has one, its SQL on DuckDB.

`features.sql` says what the features are. `features.py` says it again for many decisions at once,
and every run compares some decisions with the SQL, so the two cannot drift apart unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import polars as pl

from payments_loop.features import relations, times
from payments_loop.features.engines.duckdb import DuckDB
from payments_loop.features.errors import FeatureError
from payments_loop.features.settings import Settings
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.problem.schema import Which

FILE = "features.py"
COMPARED = 50
"""Decisions of a run that the SQL computes too, from its whole period."""

Bulk = Callable[[pl.DataFrame, Mapping[str, pl.DataFrame]], pl.DataFrame]


class Polars(DuckDB):
    """The default engine."""

    @property
    def identity(self) -> str:
        """Names and versions."""
        return f"polars {pl.__version__}, {super().identity}"

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
        """Run one file of the problem; see `Engine.run`.

        Raises:
            FeatureError: also if `features.py` fails, or gives something else than the SQL.
        """
        query = partial(self.query, problem, start=start, end=end, as_of=as_of)
        tables = relations.read(problem, lake, relations.span(problem, which, start, end, as_of))
        if which != "features" or not has_bulk(problem):
            return query(tables, which)
        found = bulk(problem, query(tables, "spine").sort("at", "row_id"), tables)
        some = found.gather_every(max(1, found.height // COMPARED))
        asked = some.select(
            "row_id",
            times.epoch("at"),
            *dict.fromkeys((*problem.spine.entities, *problem.spine.request)),
        )
        right = query(about(problem, tables, asked), "features", asked=asked)
        if names := relations.differing(problem, right, some):
            raise FeatureError(
                f"{problem.name}: {FILE} and features.sql differ: {', '.join(names)}; the SQL is "
                f"right by definition: correct {FILE}, or delete it"
            )
        return found


def has_bulk(problem: Problem) -> bool:
    """Whether there is a `features.py`."""
    return (problem.folder / FILE).exists()


def bulk(problem: Problem, spine: pl.DataFrame, tables: relations.Frames) -> pl.DataFrame:
    """Run `features.py`, unproven, for a checked and sorted spine; see `relations.assembled`.

    Raises:
        FeatureError: it fails, or does not give each feature of each decision.
    """
    asked = spine.with_columns(times.epoch("at"))
    return relations.beside(problem, spine, _computed(problem.folder / FILE, asked, tables))


def about(problem: Problem, tables: relations.Frames, asked: pl.DataFrame) -> relations.Frames:
    """The rows in which an entity of some decisions occurs; all rows of a table without entities."""
    found = {}
    for name, frame in tables.items():
        shared = [e for e in problem.tables[name].entities if e in problem.spine.entities]
        known = [pl.col(entity).is_in(asked[entity].unique().implode()) for entity in shared]
        found[name] = frame.filter(pl.any_horizontal(known)) if known else frame
    return found


def _computed(path: Path, asked: pl.DataFrame, tables: relations.Frames) -> pl.DataFrame:
    """What `features.py` gives.

    Raises:
        FeatureError: it fails, whatever the reason, or gives another number of rows.
    """
    try:
        found = _loaded(path)(asked, tables)
    except Exception as error:
        raise FeatureError(f"{path}: {type(error).__name__}: {error}") from error
    if found.height != asked.height:
        raise FeatureError(f"{path} gives {found.height} rows for {asked.height} decisions")
    return found


def _loaded(path: Path) -> Bulk:
    """The function `features` of a file, as the file is now."""
    spec = spec_from_file_location(f"_features_of_{path.parent.name.replace('-', '_')}", path)
    if spec is None or spec.loader is None:
        raise ImportError("it cannot be imported")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Bulk = module.features
    return function


def engine(settings: Settings) -> Polars:
    """Make the engine."""
    return Polars(settings.duckdb)
