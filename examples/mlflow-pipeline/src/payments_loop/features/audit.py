"""Proves on data of your own that the SQL of a problem cannot see the future, and is repeatable.

Every check compares features to the last bit; one that differs names the feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from payments_loop.features import relations
from payments_loop.features.engines.duckdb import DuckDB
from payments_loop.features.engines.polars import bulk, has_bulk
from payments_loop.features.errors import FeatureError
from payments_loop.features.online import Online
from payments_loop.features.times import DAY, epoch, midnight
from payments_loop.lake import Lake
from payments_loop.problem import Problem, Table

DECISIONS = 12


@dataclass(frozen=True)
class Check:
    """What was found: `detail` says which features differ, or how many decisions agree."""

    name: str
    passed: bool
    detail: str


def audit(problem: Problem, lake: Lake, day: date) -> list[Check]:
    """Check the features of the decisions on one day, which should have a full history.

    Raises:
        FeatureError: there are no decisions on that day, or the SQL fails.
    """
    return list(_Audit(problem, lake, day).checks())


def removed(table: Table, rows: pl.DataFrame, decision: pl.DataFrame) -> pl.DataFrame:
    """A relation without what became known at the time of a decision or later."""
    del table
    return rows.filter(pl.col("known_at") < int(decision["at"][0]))


def planted(table: Table, rows: pl.DataFrame, decision: pl.DataFrame) -> pl.DataFrame:
    """A relation whose later rows tell a lie about the one who is decided on.

    What became known at the time of the decision or later is made to concern its entities, to
    have happened half an hour before, and to have huge numbers: whatever reads it is far off.
    """
    moment = int(decision["at"][0])
    columns: list[pl.Expr] = []
    for name in table.visible:
        kind = table.columns[name].type
        if name in decision.columns and name in table.entities:
            columns.append(pl.lit(decision[name][0], rows.schema[name]).alias(name))
        elif kind == "datetime":
            columns.append(pl.lit(moment - 1800, pl.Int64).alias(name))
        elif kind in {"float", "integer"}:
            columns.append((pl.col(name) * 1000 + 1).alias(name))
    later = rows.filter(pl.col("known_at") >= moment).with_columns(columns)
    return removed(table, rows, decision).vstack(later)


Change = Callable[[Table, pl.DataFrame, pl.DataFrame], pl.DataFrame]


class _Audit:
    def __init__(self, problem: Problem, lake: Lake, day: date) -> None:
        self._problem, self._lake = problem, lake
        self._start, self._end = midnight(day), midnight(day + DAY)
        self._engine = DuckDB()
        self._tables = self._read(problem.lookback_days)
        self._right = self._query(self._tables)
        if self._right.is_empty():
            raise FeatureError(f"{problem.name}: no decisions on {day}; choose another day")

    def checks(self) -> Iterator[Check]:
        yield self._future("future removed", removed)
        yield self._future("future planted", planted)
        longer = self._query(self._read(2 * self._problem.lookback_days + 1))
        yield self._compare("more history changes nothing", longer)
        week = self._engine.run(
            self._problem,
            self._lake,
            "features",
            start=self._start - 6 * DAY,
            end=self._end,
            as_of=self._end,
        )
        yield self._compare("a week at once", week.filter(pl.col("at") >= self._start))
        yield self._compare("online", self._online())
        if has_bulk(self._problem):
            spine = self._right.select("row_id", "at", *self._asked())
            yield self._compare("features.py", bulk(self._problem, spine, self._tables))

    def _future(self, name: str, change: Change) -> Check:
        """Change everything that one decision could not know, for several decisions."""
        step = max(1, self._right.height // DECISIONS)
        rows = self._right[::step]
        asked = rows.select(
            "row_id",
            epoch("at"),
            *self._asked(),
        )
        found = [
            self._query(
                {
                    table: change(self._problem.tables[table], frame, one)
                    for table, frame in self._tables.items()
                },
                one,
            )
            for one in asked.iter_slices(1)
        ]
        return self._compare(name, pl.concat(found), rows)

    def _asked(self) -> list[str]:
        return list(dict.fromkeys((*self._problem.spine.entities, *self._problem.spine.request)))

    def _online(self) -> pl.DataFrame:
        """Replay the day: history up to its start, then rows as they became known."""
        with Online(self._problem) as online:
            online.refresh(self._lake, self._start)
            for table in relations.present(self._problem, self._lake):
                online.record(table.name, self._arriving(table))
            return online.frame(self._right.to_dicts())

    def _arriving(self, table: Table) -> list[dict[str, object]]:
        """Rows that became known on the day, except those whose arrival made them known."""
        known = pl.col("known_at")
        rows = self._lake.scan(table.name, end=self._end, known_by=self._end)
        rows = rows.filter(known > self._start, known == pl.col(table.known_time))
        return rows.select(table.visible).collect().to_dicts()

    def _read(self, lookback: int) -> dict[str, pl.DataFrame]:
        first = self._start - timedelta(days=lookback)
        span = relations.Span(first, self._end, self._end)
        return relations.read(self._problem, self._lake, span)

    def _query(self, tables: relations.Frames, asked: pl.DataFrame | None = None) -> pl.DataFrame:
        return self._engine.query(
            self._problem,
            tables,
            "features",
            start=self._start,
            end=self._end,
            as_of=self._end,
            asked=asked,
        )

    def _compare(self, name: str, found: pl.DataFrame, right: pl.DataFrame | None = None) -> Check:
        right = self._right if right is None else right
        different = relations.differing(self._problem, right, found)
        if different:
            return Check(name, passed=False, detail="differs: " + ", ".join(different))
        return Check(name, passed=True, detail=f"{right.height} decisions agree to the last bit")
