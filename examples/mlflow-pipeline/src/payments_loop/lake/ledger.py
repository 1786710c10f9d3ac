"""What became of every batch, read from the commits that took it: the two cannot disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

import polars as pl

from payments_loop.lake.delta import Tables
from payments_loop.lake.schema import UTC
from payments_loop.lake.types import (
    Appended,
    Batch,
    Quarantined,
    State,
)
from payments_loop.lake.verdict import Finding, Verdict

SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "table": pl.String(),
        "arrived": UTC,
        "sha256": pl.String(),
        "state": pl.String(),
        "rows": pl.Int64(),
        "new": pl.Int64(),
        "duplicates": pl.Int64(),
        "changed": pl.Int64(),
        "late": pl.Int64(),
        "version": pl.Int64(),
        "reasons": pl.List(pl.String()),
    }
)
"""Columns of the ledger; `version` is that of the table, null for a batch in quarantine."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The record in the commit that took a batch; the fields are those of `Appended`."""

    id: str
    table: str
    arrived: datetime
    sha256: str
    rows: int
    new: int
    duplicates: int
    changed: int
    late: int
    version: int
    released: bool
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, batch: Batch, appended: Appended, verdict: Verdict, *, released: bool) -> Entry:
        """Record what became of a batch."""
        return cls(
            id=batch.id,
            table=batch.table,
            arrived=batch.arrived,
            sha256=batch.sha256,
            rows=appended.rows,
            new=appended.new,
            duplicates=appended.duplicates,
            changed=appended.changed,
            late=appended.late,
            version=appended.version,
            released=released,
            findings=verdict.findings,
        )

    @classmethod
    def parse(cls, content: dict[str, Any], version: int) -> Entry:
        """Read what `json` gave; the version is the one that the commit really got."""
        findings = tuple(Finding(**finding) for finding in content["findings"])
        arrived = datetime.fromisoformat(content["arrived"])
        known = content | {"findings": findings, "arrived": arrived, "version": version}
        return cls(**known)

    def json(self) -> dict[str, Any]:
        """Return JSON-compatible values."""
        return asdict(self) | {"arrived": self.arrived.isoformat()}

    def appended(self) -> Appended:
        """Return what `Lake.append` returned for the batch."""
        names = {field.name for field in fields(Appended)} - {"batch", "repeated"}
        return Appended(batch=self.id, **{name: getattr(self, name) for name in names})

    @property
    def state(self) -> State:
        """How the batch came in."""
        return "released" if self.released else "taken"


class Ledger:
    """All entries; commits never change, so each is read once."""

    def __init__(self, tables: Tables) -> None:
        """Read nothing yet."""
        self._tables = tables
        self._entries: dict[str, dict[str, Entry]] = {}
        self._read: dict[str, int] = {}

    def entries(self, table: str) -> dict[str, Entry]:
        """Return the batches that a table has taken, by id."""
        entries = self._entries.setdefault(table, {})
        for version, content in self._tables.records(table, after=self._read.get(table, -1)):
            if "findings" in content:
                entries[content["id"]] = Entry.parse(content, version)
            self._read[table] = version
        return entries

    def with_states(self, quarantined: Sequence[Quarantined]) -> list[Quarantined]:
        """Mark the batches that were released later."""
        return [
            replace(one, state="released") if one.id in self.entries(one.table) else one
            for one in quarantined
        ]

    def frame(self, tables: Sequence[str], quarantined: Sequence[Quarantined]) -> pl.DataFrame:
        """Return a line per batch, in the order of arrival."""
        taken = [entry for table in tables for entry in self.entries(table).values()]
        aside = [one for one in self.with_states(quarantined) if one.state == "quarantined"]
        lines = [_line(entry) for entry in taken] + [_aside(one) for one in aside]
        return pl.DataFrame(lines, schema=SCHEMA).sort("arrived", "table", "id")


def _line(entry: Entry) -> dict[str, Any]:
    line = {name: getattr(entry, name) for name in SCHEMA if name not in {"state", "reasons"}}
    return line | {"state": entry.state, "reasons": Verdict(entry.findings).reasons}


def _aside(one: Quarantined) -> dict[str, Any]:
    return {
        "id": one.id,
        "table": one.table,
        "arrived": one.arrived,
        "sha256": one.sha256,
        "state": one.state,
        "rows": one.rows,
        "new": 0,
        "duplicates": 0,
        "changed": 0,
        "late": 0,
        "version": None,
        "reasons": one.verdict.reasons,
    }
