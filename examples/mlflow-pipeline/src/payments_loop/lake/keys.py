"""Finds the rows whose key the lake already has; the first row of a key stays for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from payments_loop.problem import Table


@dataclass(frozen=True, slots=True)
class Split:
    """A batch, divided into what is new and what is known.

    Attributes:
        new: rows with keys that were not known.
        duplicates: how many rows were left out.
        changed: how many of them differ from the first row of their key.
    """

    new: pl.DataFrame
    duplicates: int
    changed: int


class KnownKeys:
    """The keys of a table. Data files never change, so each is read once."""

    def __init__(self, read: Callable[[Sequence[str]], pl.LazyFrame]) -> None:
        """Know nothing yet.

        Args:
            read: gives the rows of some data files.
        """
        self._read = read
        self._files: frozenset[str] = frozenset()
        self._keys: pl.DataFrame | None = None

    def split(self, frame: pl.DataFrame, table: Table, files: Sequence[str]) -> Split:
        """Divide the rows of a batch into new ones and duplicates.

        Args:
            frame: rows in the table's schema.
            table: says which columns are the key.
            files: all data files of the table.
        """
        key = list(table.key)
        firsts = frame.unique(key, keep="first", maintain_order=True)
        known = self._all(key, files).join(firsts.select(key), on=key, how="semi")
        new = firsts.join(known, on=key, how="anti", maintain_order="left")
        duplicates = frame.height - new.height
        changed = self._changed(frame, table, new, known, files) if duplicates else 0
        return Split(new, duplicates, changed)

    def _all(self, key: list[str], files: Sequence[str]) -> pl.DataFrame:
        """Return key and partition of every row in the table."""
        current = frozenset(files)
        if self._keys is None or not self._files <= current:
            self._files, self._keys = frozenset(), None
        if missing := sorted(current - self._files):
            added = self._read(missing).select(*key, "day").collect()
            self._keys = added if self._keys is None else self._keys.vstack(added)
            self._files = current
        if self._keys is None:
            return self._read([]).select(*key, "day").collect()
        return self._keys

    def _changed(
        self,
        frame: pl.DataFrame,
        table: Table,
        new: pl.DataFrame,
        known: pl.DataFrame,
        files: Sequence[str],
    ) -> int:
        """Count the rows that differ from the first row of their key."""
        own, key = list(table.columns), list(table.key)
        rest = [name for name in own if name not in key]
        if not rest:
            return 0
        firsts = [new.select(own)]
        if known.height:
            places = tuple(f"/day={day}/" for day in known["day"].unique())
            rows = self._read([file for file in files if any(place in file for place in places)])
            stored = rows.join(known.lazy(), on=key, how="semi").collect()
            absent = [pl.lit(None).alias(name) for name in own if name not in stored.columns]
            stored = stored.with_columns(absent).select(own).cast(new.select(own).schema)
            firsts.append(stored)
        pairs = frame.join(pl.concat(firsts), on=key, how="inner", suffix="\0first")
        differs = [pl.col(name).ne_missing(pl.col(f"{name}\0first")) for name in rest]
        return pairs.filter(pl.any_horizontal(differs)).height
