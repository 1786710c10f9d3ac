"""What was found out about a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from payments_loop.lake.verdict import Verdict
from payments_loop.validation.judgement import Measure
from payments_loop.validation.profile import Profile


@dataclass(frozen=True)
class Examination:
    """A judged batch.

    Attributes:
        batch: its id.
        table: where it belongs.
        arrived: when.
        rows: how many rows it has.
        first: earliest event; None if it cannot be told.
        last: latest event.
        unfit: what the lake itself could not take.
        verdict: what was found besides.
        measures: comparisons with the reference, unusual or not.
        profiles: what the columns hold.
        reference: first and last day that it was compared with; None if there were too few.
        days: how many days those are.
        notes: what was not judged, and why.
        false_alarms: share of clean batches that get any false alarm by comparison, at most.
    """

    batch: str
    table: str
    arrived: datetime
    rows: int
    first: datetime | None
    last: datetime | None
    unfit: Verdict
    verdict: Verdict
    measures: tuple[Measure, ...]
    profiles: tuple[Profile, ...]
    reference: tuple[date, date] | None
    days: int
    notes: tuple[str, ...]
    false_alarms: float

    @property
    def total(self) -> Verdict:
        """All findings."""
        return self.unfit + self.verdict
