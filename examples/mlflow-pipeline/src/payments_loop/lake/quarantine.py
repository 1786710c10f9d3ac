"""Batches that were put aside: rows, reasons, and what the table should have looked like."""

from __future__ import annotations

import io
import json
from dataclasses import asdict

import polars as pl
from deltalake import DeltaTable

from payments_loop.lake.delta import Tables, Write
from payments_loop.lake.errors import LakeError
from payments_loop.lake.reading import paths
from payments_loop.lake.schema import UTC
from payments_loop.lake.types import Batch, Quarantined
from payments_loop.lake.verdict import Finding, Verdict
from payments_loop.problem import Table

NAME = "_quarantine"


class Quarantine:
    """One row per batch; its rows are a Parquet file in a column, for they have any schema."""

    def __init__(self, tables: Tables) -> None:
        """Read nothing yet."""
        self._tables = tables

    def put(self, batch: Batch, verdict: Verdict, table: Table) -> None:
        """Put a batch aside, unless it is there already."""
        content = io.BytesIO()
        batch.frame.write_parquet(content)
        row = pl.DataFrame(
            {
                "id": [batch.id],
                "table": [batch.table],
                "arrived": pl.Series([batch.arrived], dtype=UTC),
                "sha256": [batch.sha256],
                "rows": [batch.frame.height],
                "verdict": [_dump(verdict)],
                "findings": [_dump(Verdict(batch.findings))],
                "description": [table.model_dump_json()],
                "content": [content.getvalue()],
            }
        )
        if self._tables.current(NAME) is None:
            self._tables.create(NAME, row, facts={}, append_only=True)

        def prepare(stored: DeltaTable) -> Write | None:
            if stored.transaction_version(batch.id) is not None:
                return None
            return Write(row, {"id": batch.id}, once=batch.id)

        self._tables.commit(NAME, prepare)

    def all(self) -> list[Quarantined]:
        """Return what was ever put aside, in the order of arrival, without its rows."""
        stored = self._tables.current(NAME)
        if stored is None:
            return []
        rows = self._tables.rows(stored, paths(stored))
        listed = rows.select("id", "table", "arrived", "sha256", "rows", "verdict")
        return [
            Quarantined(**row | {"verdict": _parse(row["verdict"])})
            for row in listed.sort("arrived", "table", "id").collect().to_dicts()
        ]

    def batch(self, batch_id: str) -> tuple[Batch, Table, Verdict]:
        """Return a batch, the description of its table then, and why it was put aside.

        Raises:
            LakeError: no such batch.
        """
        stored = self._tables.current(NAME)
        if stored is None:
            raise LakeError(f"no batch {batch_id!r} in the quarantine, it is empty")
        rows = self._tables.rows(stored, paths(stored))
        found = rows.filter(pl.col("id") == batch_id).collect().to_dicts()
        if not found:
            raise LakeError(f"no batch {batch_id!r} in the quarantine")
        row = found[0]
        batch = Batch(
            id=row["id"],
            table=row["table"],
            frame=pl.read_parquet(io.BytesIO(row["content"])),
            arrived=row["arrived"],
            sha256=row["sha256"],
            findings=_parse(row["findings"]).findings,
        )
        table = Table.model_validate_json(row["description"])
        return batch, table, _parse(row["verdict"])


def _dump(verdict: Verdict) -> str:
    return json.dumps([asdict(finding) for finding in verdict.findings])


def _parse(text: str) -> Verdict:
    return Verdict(tuple(Finding(**finding) for finding in json.loads(text)))
