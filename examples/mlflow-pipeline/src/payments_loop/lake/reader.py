"""What a reader sees of the lake: rows as of a version and a time, files, manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

import polars as pl
from deltalake import DeltaTable

from payments_loop.lake import delta
from payments_loop.lake.catalog import Catalog
from payments_loop.lake.errors import LakeError
from payments_loop.lake.manifest import describe
from payments_loop.lake.reading import (
    Part,
    days,
    partitions,
    parts,
    paths,
)
from payments_loop.lake.types import Manifest


class Reader:
    """Reads the tables of a lake."""

    def __init__(self, uri: str, storage: Mapping[str, str] | None = None) -> None:
        """Open nothing yet.

        Args:
            uri: folder, or address in an object store.
            storage: options of the object store, as delta-rs names them.
        """
        self.uri = uri
        self._tables = delta.Tables(uri, storage)
        self._catalog = Catalog(self._tables)

    def scan(
        self,
        name: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        known_by: datetime | None = None,
        version: int | None = None,
    ) -> pl.LazyFrame:
        """Read rows with start <= event time < end that were known by some time.

        Args:
            name: of the table.
            start: earliest event time (aware); None: from the first row.
            end: first event time that is left out; None: up to the last row.
            known_by: leave out what was not known then; None: all there is.
            version: of the table; None: the newest.

        Returns:
            The table's columns and `day`, `known_at`, `batch`.

        Raises:
            LakeError: no such table or version.
        """
        table = self._tables.at(name, version)
        return self._selected(table, paths(table, *days(start, end)), start, end, known_by)

    def _selected(
        self,
        table: DeltaTable,
        files: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        known_by: datetime | None,
    ) -> pl.LazyFrame:
        found = self._tables.rows(table, files)
        time = delta.facts(table).get("event_time")
        if time is not None:
            if start is not None:
                found = found.filter(pl.col(time) >= start)
            if end is not None:
                found = found.filter(pl.col(time) < end)
        if known_by is None:
            return found
        if "known_at" not in delta.schema(table):
            name = table.table_uri.rstrip("/").rsplit("/", 1)[-1]
            raise LakeError(f"{name} does not say when its rows were known")
        return found.filter(pl.col("known_at") <= known_by)

    def files(
        self,
        name: str,
        *,
        start: date | None = None,
        end: date | None = None,
        version: int | None = None,
    ) -> list[str]:
        """Return the data files of the days start <= day < end, sorted; one is never changed."""
        table = self._tables.at(name, version)
        return paths(table, start, end - timedelta(days=1) if end else None)

    def parts(
        self,
        name: str,
        *,
        start: date | None = None,
        end: date | None = None,
        version: int | None = None,
    ) -> list[Part]:
        """Return what is known about the data files of the days start <= day < end, unread."""
        table = self._tables.at(name, version)
        return parts(table, start, end - timedelta(days=1) if end else None)

    def partitions(self, name: str) -> list[date]:
        """Return the days of a table that have data files, in order, without their statistics.

        Raises:
            LakeError: no such table.
        """
        return partitions(self._tables.at(name, None))

    def manifest(
        self,
        names: Sequence[str],
        *,
        start: datetime,
        end: datetime,
        known_by: datetime,
    ) -> Manifest:
        """Say exactly which rows are seen by somebody who reads these tables.

        Args:
            names: of the tables.
            start: earliest event time.
            end: first event time that is left out.
            known_by: rows that became known later are not seen.

        Raises:
            LakeError: no such table.
        """
        tables = {}
        for name in sorted(names):
            table = self._tables.at(name, None)
            first, last = days(start, end)
            present = sorted({part.day for part in parts(table, first, last)})
            months = groupby(present, key=lambda day: f"{day:%Y-%m}")
            periods = ((month, list(group)) for month, group in months)
            seen = (
                (month, self._selected(table, paths(table, of[0], of[-1]), start, end, known_by))
                for month, of in periods
            )
            tables[name] = describe(name, table, seen, first, last)
        return Manifest(start, end, known_by, tables)

    def tables(self) -> list[str]:
        """Return the names of all tables, sources and derived ones, sorted."""
        return self._catalog.names()

    def version(self, name: str) -> int:
        """Return the newest version of a table.

        Raises:
            LakeError: no such table.
        """
        return self._tables.at(name, None).version()
