"""Features of decisions that are being made now, by the same SQL over recent history."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop.features import relations
from payments_loop.features.engines.duckdb import Stream
from payments_loop.features.errors import FeatureError, HistoryError
from payments_loop.features.history import History
from payments_loop.features.matrix import matrix
from payments_loop.features.times import DAY, seconds
from payments_loop.lake import Lake
from payments_loop.lake.schema import TYPES
from payments_loop.problem import Problem

Row = Mapping[str, object]

# A history that nobody refreshed for so long is too old to decide by.
LONGEST_AHEAD = 7 * DAY


class Online:
    """Computes features within milliseconds; safe to share between threads.

    It holds the lookback of all tables in memory, found by entity, and the rows recorded since.
    What another process records it sees when that has reached the lake and `refresh` has run.
    """

    def __init__(self, problem: Problem) -> None:
        """Know nothing until `refresh`."""
        self._problem = problem
        self._lock = threading.Lock()
        self._connection = duckdb.connect(config={"threads": 1})
        self._tables = {name: History(table) for name, table in problem.tables.items()}
        self._sql = problem.sql("features")
        self._features = problem.bundle_features()
        asked = dict.fromkeys((*problem.spine.entities, *problem.spine.request))
        types = {name: TYPES[relations.spine_column(problem, name).type] for name in asked}
        self._schema = {"row_id": pl.String(), "at": pl.Int64(), **types}
        self._names = tuple(asked)
        self._streams: dict[str, Stream] = {}
        self.as_of: datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._connection.close()

    def refresh(self, lake: Lake, as_of: datetime) -> None:
        """Read what was known by `as_of`; recorded rows that the lake has meanwhile are dropped.

        Raises:
            FeatureError: nothing was ingested.
        """
        first = as_of - timedelta(days=self._problem.lookback_days) - DAY
        window = relations.Span(first, as_of + DAY, as_of)
        frames = relations.read(self._problem, lake, window)
        with self._lock:
            for name, frame in frames.items():
                self._tables[name] = self._tables[name].replaced(frame, seconds(first))
            self.as_of = as_of

    def record(self, table: str, rows: Sequence[Row]) -> int:
        """Remember rows of a source table for decisions that follow.

        Args:
            table: its name.
            rows: values by column; absent columns are missing; times are aware.

        Returns:
            How many were new; a row whose key is known changes nothing.

        Raises:
            FeatureError: there is no such table, or a row does not fit it.
        """
        if table not in self._tables:
            raise FeatureError(f"no table {table!r}; there are {', '.join(self._tables)}")
        with self._lock:
            return self._tables[table].add(rows)

    def frame(self, rows: Sequence[Row]) -> pl.DataFrame:
        """Compute features, in the order of the rows.

        Args:
            rows: the entities and request columns by name; `at` (aware; now where absent) and
                `row_id` (made up where absent) may be given.

        Returns:
            `row_id`, `at`, the columns of the spine and the features, as `build` gives them.

        Raises:
            FeatureError: a row does not fit the spine.
            HistoryError: there is no history for its time.
        """
        asked = self._spine(rows)
        with self._lock:
            computed = self._computed(asked)
        checked = relations.spine(self._problem, asked)
        found = relations.assembled(self._problem, checked, computed)
        if asked.height == 1:
            return found
        return asked.select("row_id").join(found, on="row_id", how="left", maintain_order="left")

    def features(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """The model's input for some rows, float32 [N, F]; see `frame` and `matrix`."""
        return matrix(self.frame(rows), self._features)

    def _spine(self, rows: Sequence[Row]) -> pl.DataFrame:
        now = datetime.now(UTC)
        values = [
            {
                "row_id": row.get("row_id") or uuid.uuid4().hex,
                "at": _second(row.get("at") or now),
                **{name: row.get(name) for name in self._names},
            }
            for row in rows
        ]
        try:
            return pl.DataFrame(values, schema=self._schema, strict=True)
        except (TypeError, pl.exceptions.PolarsError) as error:
            raise FeatureError(f"a row does not fit the spine: {error}") from error

    def _computed(self, asked: pl.DataFrame) -> pl.DataFrame:
        if self.as_of is None:
            raise HistoryError("there is no history yet: call refresh")
        first, last = self.as_of - DAY, self.as_of + LONGEST_AHEAD
        if not asked["at"].is_between(seconds(first), seconds(last)).all():
            raise HistoryError(f"there is history for decisions from {first} to {last}")
        entities = {name: set(asked[name].drop_nulls()) for name in self._problem.spine.entities}
        frames = {name: table.about(entities) for name, table in self._tables.items()}
        frames |= relations.moments(first, last, last)
        frames["spine"] = asked
        return self._run(frames)

    def _run(self, frames: relations.Frames) -> pl.DataFrame:
        """Run `features.sql`, which is parsed and planned at the first call only.

        The plan reads streams, whose contents are exchanged: three milliseconds instead of fifteen.
        """
        place = f"{self._problem.name}/features.sql"
        try:
            if not self._streams:
                streams = {name: Stream(frame) for name, frame in frames.items()}
                for name, stream in streams.items():
                    self._connection.register(name, stream)
                self._connection.execute(f"PREPARE features AS {self._sql}")
                self._streams = streams
            for name, frame in frames.items():
                self._streams[name].source = frame
            result = self._connection.execute("EXECUTE features")
            names = [column[0] for column in result.description or ()]
            rows = result.fetchall()
        except duckdb.Error as error:
            raise FeatureError(f"{place}: {error}") from error
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


def _second(moment: object) -> int:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise FeatureError("at: must be a time with a time zone")
    return seconds(moment)
