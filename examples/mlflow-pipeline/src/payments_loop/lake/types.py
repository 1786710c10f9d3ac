"""The values that the lake takes and gives."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import polars as pl

from payments_loop.lake.verdict import Finding, Verdict

State = Literal["taken", "quarantined", "released"]


@dataclass(frozen=True)
class Batch:
    """Rows that arrived together.

    Attributes:
        id: stable and unique within the lake: the same file, day or query window has the same id.
        table: name of the table they belong to.
        frame: the rows, as the source gave them.
        arrived: when they arrived (aware UTC).
        sha256: hash of what arrived: the bytes of the file or answer, or `digest.of(frame)`.
        findings: what is already known to be wrong with it, e.g. that the file cannot be read.
    """

    id: str
    table: str
    frame: pl.DataFrame
    arrived: datetime
    sha256: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch.

    Attributes:
        batch: its id.
        table: the table it was appended to.
        rows: rows in the batch.
        new: rows that were written.
        duplicates: rows whose key was known, in the table or earlier in the batch.
        changed: those of the duplicates whose content differs; the first one stays.
        late: written rows that arrived after they should have; they count as known on arrival.
        version: version of the table that contains them.
        repeated: the batch had been taken before, and nothing was written.
    """

    batch: str
    table: str
    rows: int
    new: int
    duplicates: int
    changed: int
    late: int
    version: int
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A batch that was put aside.

    Attributes:
        id: of the batch.
        table: where it would have gone.
        arrived: when it arrived.
        sha256: hash of what arrived.
        rows: how many rows it has.
        verdict: why it is here.
        state: "quarantined", or "released" when a person let it in later.
    """

    id: str
    table: str
    arrived: datetime
    sha256: str
    rows: int
    verdict: Verdict
    state: State = "quarantined"


@dataclass(frozen=True, slots=True)
class TableManifest:
    """Which rows of one table somebody saw.

    Attributes:
        version: of the table.
        files: data files that hold the period's rows, relative to the lake.
        rows: number of visible rows.
        first: event time of the earliest visible row; None without rows.
        last: event time of the latest.
        sha256: hash over the content of the visible rows, month by month, whatever the files they are in.
    """

    version: int
    files: tuple[str, ...]
    rows: int
    first: datetime | None
    last: datetime | None
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Which rows somebody saw: start <= event time < end, known by `known_by`."""

    start: datetime
    end: datetime
    known_by: datetime
    tables: dict[str, TableManifest] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash over the content of all tables; equal exactly when the same rows were seen."""
        content = {name: table.sha256 for name, table in sorted(self.tables.items())}
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def rows(self) -> int:
        """Number of visible rows in all tables."""
        return sum(table.rows for table in self.tables.values())

    def json(self) -> dict[str, Any]:
        """Return it as JSON-compatible values, with the overall hash."""
        content = {
            "sha256": self.sha256,
            "start": self.start,
            "end": self.end,
            "known_by": self.known_by,
            "tables": {name: asdict(table) for name, table in self.tables.items()},
        }
        return json.loads(json.dumps(content, default=datetime.isoformat))  # type: ignore[no-any-return]
