"""Takes what is new: sources, checks, then the lake or the quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from payments_loop.lake import checks
from payments_loop.lake.errors import BlockedError, SourceError
from payments_loop.lake.schema import conform
from payments_loop.lake.sources import open_source
from payments_loop.lake.sources.files import is_file
from payments_loop.lake.store import Lake
from payments_loop.lake.types import Appended, Batch
from payments_loop.lake.verdict import Verdict
from payments_loop.problem import Problem, Table

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one batch in this run.

    Attributes:
        batch: its id.
        table: where it belongs.
        arrived: when it arrived.
        state: taken, or quarantined.
        rows: how many rows came.
        verdict: what the checks found.
        appended: counts; None for a batch in quarantine.
    """

    batch: str
    table: str
    arrived: datetime
    state: Literal["taken", "quarantined"]
    rows: int
    verdict: Verdict
    appended: Appended | None = None

    @property
    def ordinary(self) -> bool:
        """Whether every row is new, in time and without a finding."""
        taken = self.appended
        clean = taken is not None and taken.new == taken.rows and not taken.late
        return clean and not self.verdict.reasons


def ingest(
    problem: Problem,
    lake: Lake,
    as_of: datetime,
    *,
    say: Say | None = print,
    set_aside: bool = False,
) -> list[Ingested]:
    """Take every batch that arrived until `as_of` and was not seen before.

    A run that is killed or fails keeps what it took; the next one goes on from there.

    Args:
        problem: names tables and sources.
        lake: takes the rows.
        as_of: later arrivals are left for a later run.
        say: gets a line for each batch that is not as it should be, and one per table; None for
            silence.
        set_aside: quarantine what would stop the run.

    Returns:
        The batches of this run, table by table, in the order of arrival.

    Raises:
        BlockedError: a check stops the run.
        SourceError: a source failed; the other tables were taken.
    """
    done: list[Ingested] = []
    failed: list[str] = []
    try:
        for table in problem.tables.values():
            before = len(done)
            try:
                for one in _table(problem, lake, table, as_of, set_aside=set_aside):
                    done.append(one)
                    if say is not None and not one.ordinary:
                        say(line(one))
            except SourceError as error:
                failed.append(f"{table.name}: {error}")
            if say is not None and (taken := done[before:]):
                rows = sum(one.rows for one in taken)
                say(f"{table.name}: {len(taken)} new batches, {rows:,} rows")
    finally:
        checks.finish()
    if failed:
        raise SourceError("; ".join(failed))
    return done


def _table(
    problem: Problem,
    lake: Lake,
    table: Table,
    as_of: datetime,
    *,
    set_aside: bool,
) -> Iterator[Ingested]:
    known = lake.seen(table.name)
    # A file that a person gave does not say how far the source has been asked.
    after = max((time for name, time in known.items() if not is_file(name)), default=None)
    source = open_source(problem, table)
    for batch in source.batches(table, after=after, until=as_of, known=known):
        if batch.id not in known:
            yield take(problem, lake, table, batch, set_aside=set_aside)


def take(
    problem: Problem,
    lake: Lake,
    table: Table,
    batch: Batch,
    *,
    set_aside: bool,
) -> Ingested:
    verdict = Verdict(batch.findings)
    fitting = batch
    if verdict.severity != "quarantine":
        # Checks see a batch that does not fit too, as it came: they report all that is wrong.
        frame, fit = conform(batch.frame, table)
        fitting = replace(batch, frame=frame)
        verdict += fit + checks.check(fitting, problem, lake)
    severity = verdict.severity
    if severity == "block" and not set_aside:
        reasons = "; ".join(verdict.reasons)
        raise BlockedError(f"{table.name}, batch {batch.id} stops the run: {reasons}")
    rows = batch.frame.height
    if severity in {"quarantine", "block"}:
        lake.quarantine(batch, verdict, table=table)
        return Ingested(batch.id, table.name, batch.arrived, "quarantined", rows, verdict)
    appended = lake.append(table, fitting, verdict)
    return Ingested(batch.id, table.name, batch.arrived, "taken", rows, verdict, appended)


def line(one: Ingested) -> str:
    """Say in a line what became of a batch."""
    head = f"{one.batch}: "
    if one.appended is None:
        return f"{head}QUARANTINED, {'; '.join(one.verdict.reasons)}"
    taken = one.appended
    counts = [f"{taken.new} rows"]
    counts += [f"{taken.duplicates} duplicates"] if taken.duplicates else []
    counts += [f"{taken.changed} of them changed"] if taken.changed else []
    counts += [f"{taken.late} late"] if taken.late else []
    warnings = "".join(f"; warning: {reason}" for reason in one.verdict.reasons)
    return f"{head}{', '.join(counts)}{warnings}"
