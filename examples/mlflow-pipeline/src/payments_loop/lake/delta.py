"""The only place that reads and writes Delta tables."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from payments_loop.lake.errors import LakeError
from payments_loop.lake.frames import Frames

_SERIAL = "serial"
_ATTEMPTS = 50
_FOR_EVER = {
    # Every version stays readable: a manifest must be checkable years later.
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.checkpointInterval": "20",
}


@dataclass(frozen=True, slots=True)
class Write:
    """What a commit adds.

    Attributes:
        frame: the rows, with the partition column `day`; may be empty.
        record: JSON-compatible facts kept in the commit.
        once: an id that can be committed once only.
        overwrite: rows to replace, as a predicate on `day`; None appends.
    """

    frame: pl.DataFrame
    record: Mapping[str, Any]
    once: str | None = None
    overwrite: str | None = None


class Tables:
    """The Delta tables under one address, a local folder or an object store."""

    def __init__(self, uri: str, storage: Mapping[str, str] | None = None) -> None:
        """Open nothing yet."""
        self.uri = uri.rstrip("/")
        self.storage = dict(storage or {})
        self._open: dict[str, DeltaTable] = {}
        self._frames = Frames()

    def address(self, name: str) -> str:
        """Where a table is."""
        return f"{self.uri}/{name}"

    def current(self, name: str) -> DeltaTable | None:
        """Return the newest version of a table; None if there is no such table."""
        table = self._open.get(name)
        if table is not None:
            if self._may_have_changed(name, table):
                table.update_incremental()
            return table
        try:
            table = DeltaTable(self.address(name), storage_options=self.storage)
        except TableNotFoundError:
            return None
        self._open[name] = table
        return table

    def _may_have_changed(self, name: str, table: DeltaTable) -> bool:
        """Whether to look for commits: versions have no gaps, so the newest has no successor."""
        if "://" in self.uri:
            return True
        log = Path(self.address(name), "_delta_log")
        return (log / f"{table.version() + 1:020}.json").exists()

    def exists(self, name: str) -> bool:
        """Whether there is such a table; tables are never deleted."""
        return name in self._open or self.current(name) is not None

    def opened(self, name: str) -> DeltaTable:
        """Return a table as it was last looked at."""
        return self._open[name] if name in self._open else self.at(name, None)

    def at(self, name: str, version: int | None) -> DeltaTable:
        """Return one version of a table, the newest for None.

        Raises:
            LakeError: there is no such table or version.
        """
        newest = self.current(name)
        if newest is None:
            raise LakeError(f"{self.uri} has no table {name!r}: nothing was taken for it yet")
        if version is None or version == newest.version():
            return newest
        try:
            address = self.address(name)
            return DeltaTable(address, version=version, storage_options=self.storage)
        except DeltaError as error:
            last = newest.version()
            raise LakeError(f"{name} has no version {version}; the newest is {last}") from error

    def create(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        facts: Mapping[str, Any],
        append_only: bool,
    ) -> None:
        """Create a table with the columns of a frame, unless another process just did."""
        options: dict[str, str | None] = {
            **_FOR_EVER,
            "delta.appendOnly": str(append_only).lower(),
        }
        try:
            write_deltalake(
                self.address(name),
                frame.clear(),
                mode="error",
                partition_by=["day"] if "day" in frame.columns else None,
                description=json.dumps(facts),
                configuration=options,
                storage_options=self.storage,
            )
        except DeltaError:
            if self.current(name) is None:
                raise

    def commit(self, name: str, prepare: Callable[[DeltaTable], Write | None]) -> int:
        """Add one commit to a table that exists; of two at once, one starts again.

        Every commit raises the same transaction number, so a commit that was prepared without
        knowing another one is refused, and prepared anew. Nothing is ever half visible.

        Args:
            name: of the table.
            prepare: gives what to write, seeing the table as it is; None to write nothing. It is
                called again when another process was faster.

        Returns:
            The version that contains the write, or the one that made it superfluous.

        Raises:
            LakeError: other processes were faster many times in a row.
        """
        for attempt in range(_ATTEMPTS):
            table = self.at(name, None)
            write = prepare(table)
            if write is None:
                return table.version()
            # The number of the version rises with every commit, and is known without the log.
            transactions = [Transaction(_SERIAL, table.version() + 1)]
            if write.once is not None:
                transactions.append(Transaction(write.once, 1))
            properties = CommitProperties(
                custom_metadata={"record": json.dumps(write.record)},
                app_transactions=transactions,
                max_commit_retries=0,
            )
            try:
                self._write(table, write, properties)
            except CommitFailedError:
                time.sleep(random.uniform(0, 0.01 * 2 ** min(attempt, 5)))  # noqa: S311 (no secret)
                continue
            return table.version()
        raise LakeError(f"{name}: other processes write all the time; try again")

    def rows(self, table: DeltaTable, files: Sequence[str]) -> pl.LazyFrame:
        """Return the rows in some data files of a table, in the table's columns."""
        columns = schema(table)
        if not files:
            return pl.LazyFrame(schema=columns)

        def scan(some: Sequence[str]) -> pl.LazyFrame:
            return pl.scan_parquet(
                list(some),
                schema=columns,
                hive_partitioning="day" in columns,
                hive_schema={"day": pl.Date()} if "day" in columns else None,
                missing_columns="insert",
                storage_options=self.storage or None,
            )

        # What an object store holds is read only as far as it is asked for.
        return scan(files) if "://" in self.uri else self._frames.rows(files, columns, scan)

    def records(self, name: str, *, after: int = -1) -> list[tuple[int, dict[str, Any]]]:
        """Return version and record of each commit after a version, oldest first."""
        table = self.current(name)
        if table is None or table.version() <= after:
            return []
        commits = table.history(table.version() - after)
        found = [(c["version"], json.loads(c["record"])) for c in commits if "record" in c]
        return sorted(found, key=lambda pair: pair[0])

    @staticmethod
    def _write(table: DeltaTable, write: Write, properties: CommitProperties) -> None:
        known = {field.name for field in table.schema().fields}
        widened = not known.issuperset(write.frame.columns)
        if write.overwrite is None:
            write_deltalake(
                table,
                write.frame,
                mode="append",
                schema_mode="merge" if widened else None,
                commit_properties=properties,
            )
            return
        write_deltalake(
            table,
            write.frame,
            mode="overwrite",
            predicate=write.overwrite,
            schema_mode="merge" if widened else None,
            commit_properties=properties,
        )


def facts(table: DeltaTable) -> dict[str, Any]:
    """Return what was said about a table when it was created."""
    content: dict[str, Any] = json.loads(table.metadata().description or "{}")
    return content


def schema(table: DeltaTable) -> pl.Schema:
    """Return the columns of a table as Polars types."""
    return _polars(table.schema().to_json())


@lru_cache(maxsize=64)
def _polars(schema_json: str) -> pl.Schema:
    arrow = Schema.from_json(schema_json).to_arrow()
    return pl.Schema(pl.DataFrame(arrow.empty_table()).schema)
