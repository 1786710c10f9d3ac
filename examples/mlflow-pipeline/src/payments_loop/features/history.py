"""Recent rows of one table, found by entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop.features import relations
from payments_loop.features.errors import FeatureError
from payments_loop.features.times import seconds
from payments_loop.problem import Table

Positions = dict[Any, NDArray[np.uint32]]


class History:
    """The rows that the lake had, which never change, and those recorded since."""

    def __init__(self, table: Table, stored: pl.DataFrame | None = None) -> None:
        """Index the rows of a relation, see `relations.visible`; none by default."""
        self._table = table
        self._stored = relations.empty(table) if stored is None else stored
        self._index = {name: _positions(self._stored[name]) for name in table.entities}
        self._keys = frozenset(self._stored.select(table.key).iter_rows())
        self._recorded: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._recorded_index: dict[str, dict[Any, list[tuple[Any, ...]]]] = {
            name: {} for name in table.entities
        }

    def replaced(self, stored: pl.DataFrame, oldest: int) -> History:
        """This history with newly read rows, and the recorded ones that these lack.

        Args:
            stored: what the lake has now.
            oldest: recorded rows that happened before this second are dropped.
        """
        fresh = History(self._table, stored)
        for key, row in self._recorded.items():
            if key not in fresh._keys and row[self._table.event_time] >= oldest:
                fresh._put(key, row)
        return fresh

    def add(self, rows: Iterable[Mapping[str, object]]) -> int:
        """Record rows; see `Online.record`."""
        new = 0
        for given in rows:
            row = self._row(given)
            key = tuple(row[name] for name in self._table.key)
            if key not in self._keys and key not in self._recorded:
                self._put(key, row)
                new += 1
        return new

    def about(self, entities: Mapping[str, set[Any]]) -> pl.DataFrame:
        """The rows in which one of the entities occurs; all rows of a table without entities."""
        shared = [name for name in self._table.entities if name in entities]
        if not shared:
            stored, recorded = self._stored, list(self._recorded.values())
        else:
            places = [
                self._index[name][value]
                for name in shared
                for value in entities[name]
                if value in self._index[name]
            ]
            stored = self._stored[np.unique(np.concatenate(places))] if places else self._stored[:0]
            keys = {
                key
                for name in shared
                for value in entities[name]
                for key in self._recorded_index[name].get(value, ())
            }
            recorded = [self._recorded[key] for key in keys]
        if not recorded:
            return stored
        return stored.vstack(pl.DataFrame(recorded, schema=self._stored.schema))

    def _put(self, key: tuple[Any, ...], row: dict[str, Any]) -> None:
        self._recorded[key] = row
        for name, index in self._recorded_index.items():
            index.setdefault(row[name], []).append(key)

    def _row(self, given: Mapping[str, object]) -> dict[str, Any]:
        """One row of the relation.

        Raises:
            FeatureError: a key or the event time is missing, or a value is of the wrong type.
        """
        values: dict[str, Any] = {name: given.get(name) for name in self._table.visible}
        for name in (*self._table.key, self._table.event_time):
            if values[name] is None:
                raise FeatureError(f"{self._table.name}.{name}: is missing")
        for name, value in values.items():
            if isinstance(value, datetime):
                values[name] = seconds(value)
        known = values[self._table.known_time]
        values["known_at"] = values[self._table.event_time] if known is None else known
        try:
            pl.DataFrame([values], schema=self._stored.schema, strict=True)
        except (TypeError, pl.exceptions.PolarsError) as error:
            raise FeatureError(f"a row does not fit {self._table.name}: {error}") from error
        return values


def _positions(column: pl.Series) -> Positions:
    """Where each value occurs."""
    places = pl.DataFrame({"value": column, "place": pl.int_range(len(column), eager=True)})
    groups = places.group_by("value").agg(pl.col("place").cast(pl.UInt32))
    return {value: np.asarray(found) for value, found in groups.iter_rows()}
