"""The lake: batches are appended once or put aside, derived tables replaced by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from datetime import date, datetime
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from payments_loop.lake import delta, digest, rows, schema
from payments_loop.lake.errors import LakeError
from payments_loop.lake.keys import KnownKeys
from payments_loop.lake.ledger import Entry, Ledger
from payments_loop.lake.quarantine import Quarantine
from payments_loop.lake.reader import Reader
from payments_loop.lake.reading import paths
from payments_loop.lake.types import (
    Appended,
    Batch,
    Quarantined,
)
from payments_loop.lake.verdict import Verdict
from payments_loop.problem import Settings, Table


def open_lake(root: Path = Path()) -> Lake:
    """Open the lake that `config/pipeline.toml` and the environment name.

    Args:
        root: root of the project; a relative address is a folder in it.
    """
    settings = Settings.load(root).lake
    local = "://" not in settings.uri
    return Lake(str(root / settings.uri) if local else settings.uri, settings.options())


class Lake(Reader):
    """Delta tables of a problem, and what became of every batch.

    Any number of processes may use one lake at once, and may be killed at any time: a change is
    one commit to a transaction log, which is there or is not.
    """

    def __init__(self, uri: str = "data/lake", storage: Mapping[str, str] | None = None) -> None:
        """Open a lake; it is created when something is first put into it.

        Args:
            uri: folder, or address in an object store.
            storage: options of the object store, as delta-rs names them.
        """
        super().__init__(uri, storage)
        self._ledger = Ledger(self._tables)
        self._quarantine = Quarantine(self._tables)
        self._keys: dict[str, KnownKeys] = {}

    def append(
        self,
        table: Table,
        batch: Batch,
        verdict: Verdict | None = None,
        *,
        known_from: datetime | None = None,
    ) -> Appended:
        """Take the rows of a batch that are not there yet, all of them or none.

        Args:
            table: where they belong.
            batch: the rows, in the table's schema (see `conform`).
            verdict: what the checks said; kept in the ledger.
            known_from: nothing of the batch was known earlier, e.g. the time of its release.

        Returns:
            What became of it; of a batch that was taken before, the same as then.

        Raises:
            LakeError: the rows do not fit the table, or a column has changed its type.
        """
        rows.fit(batch, table)
        if not self._tables.exists(table.name):
            self._create(table.name, rows.stamped(table, batch), table)
        outcome: list[Appended] = []

        def prepare(stored: DeltaTable) -> delta.Write | None:
            entry = self._ledger.entries(table.name).get(batch.id)
            if entry is not None:
                outcome.append(changed(entry.appended(), repeated=True))
                return None
            rows.same_types(table, delta.schema(stored))
            split = self._known(table.name).split(batch.frame, table, paths(stored))
            new = rows.stamped(table, changed(batch, frame=split.new), known_from)
            appended = Appended(
                batch=batch.id,
                table=table.name,
                rows=batch.frame.height,
                new=new.height,
                duplicates=split.duplicates,
                changed=split.changed,
                late=rows.late(table, new),
                version=stored.version() + 1,
            )
            outcome.append(appended)
            made = Entry.of(batch, appended, verdict or Verdict(), released=known_from is not None)
            return delta.Write(new, made.json(), once=batch.id)

        self._tables.commit(table.name, prepare)
        return outcome[-1]

    def replace(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        day: date,
        event_time: str | None = None,
    ) -> int:
        """Replace one day of a derived table, such as scores.

        Args:
            name: of the table; created when it is not there.
            frame: all rows of the day; the column `day` is added.
            day: the partition.
            event_time: column by which `scan` selects; `at` if there is one, otherwise the day.

        Returns:
            The version that holds exactly these rows; no new one if they were there already.
        """
        derived = frame.with_columns(day=pl.lit(day, pl.Date()))
        time = event_time or ("at" if "at" in frame.columns else None)
        if not self._tables.exists(name):
            self._create(name, derived, None, event_time=time)

        def prepare(stored: DeltaTable) -> delta.Write | None:
            here = self._tables.rows(stored, paths(stored, day, day)).collect()
            shared = [column for column in derived.columns if column in here.columns]
            same = set(here.columns) == set(derived.columns) and digest.same_rows(
                here.select(shared), derived.select(shared)
            )
            if same:
                return None
            facts = {"day": str(day), "rows": derived.height}
            return delta.Write(derived, facts, overwrite=f"day = '{day}'")

        return self._tables.commit(name, prepare)

    def ledger(self) -> pl.DataFrame:
        """Return a line per batch ever seen, in the order of arrival; `ledger.SCHEMA` names it."""
        return self._ledger.frame(self.tables(), self._quarantine.all())

    def seen(self, table: str) -> dict[str, datetime]:
        """Return id and arrival of every batch of a table, those in quarantine too."""
        aside = {one.id: one.arrived for one in self._quarantine.all() if one.table == table}
        taken = self._ledger.entries(table).values()
        return aside | {entry.id: entry.arrived for entry in taken}

    def quarantine(self, batch: Batch, verdict: Verdict, *, table: Table) -> None:
        """Put a batch aside with the reasons; idempotent. No scan ever reads it.

        Args:
            batch: the rows as they came.
            verdict: why.
            table: as the problem describes it; kept, for the release of the batch.
        """
        self._quarantine.put(batch, verdict, table)

    def quarantined(self) -> list[Quarantined]:
        """Return all batches that were ever put aside, in the order of arrival."""
        return self._ledger.with_states(self._quarantine.all())

    def quarantined_rows(self, batch_id: str) -> pl.DataFrame:
        """Return the rows of a batch that was put aside, as they came.

        Raises:
            LakeError: no such batch.
        """
        return self._quarantine.batch(batch_id)[0].frame

    def release(self, batch_id: str, *, at: datetime) -> Appended:
        """Take a batch out of the quarantine, because a person found it to be right.

        Args:
            batch_id: of the batch.
            at: the time of this decision: models may learn from the rows as known from then on.

        Raises:
            LakeError: no such batch, or its rows do not fit the table.
        """
        batch, table, verdict = self._quarantine.batch(batch_id)
        frame, fit = schema.conform(batch.frame, table)
        if fit.severity == "quarantine" or any(f.check == "unreadable" for f in batch.findings):
            reasons = "; ".join((fit + verdict).reasons)
            raise LakeError(f"{batch_id} cannot be released, its rows do not fit: {reasons}")
        return self.append(table, changed(batch, frame=frame), verdict, known_from=at)

    def _create(
        self,
        name: str,
        frame: pl.DataFrame,
        table: Table | None,
        *,
        event_time: str | None = None,
    ) -> None:
        self._catalog.add(name)
        facts = {
            "event_time": table.event_time if table else event_time,
            "key": list(table.key) if table else [],
            "source": table is not None,
        }
        self._tables.create(name, frame, facts=facts, append_only=table is not None)

    def _known(self, name: str) -> KnownKeys:
        def read(files: Sequence[str]) -> pl.LazyFrame:
            return self._tables.rows(self._tables.opened(name), files)

        return self._keys.setdefault(name, KnownKeys(read))
