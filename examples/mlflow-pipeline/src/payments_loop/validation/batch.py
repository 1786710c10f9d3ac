"""Everything that is to be said about one batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

from payments_loop.lake import Batch, conform
from payments_loop.lake.verdict import Finding, Verdict
from payments_loop.validation import identity, rules
from payments_loop.validation.comparison import (
    column_statistics,
    volume,
)
from payments_loop.validation.config import BatchLimits, Config
from payments_loop.validation.examination import Examination
from payments_loop.validation.judgement import (
    Measure,
    findings,
    measure,
)
from payments_loop.validation.profile import Profile, profile
from payments_loop.validation.reference import (
    Day,
    DayCache,
    Reference,
    files_of_days,
    known_keys,
)
from payments_loop.validation.statistic import Subject

if TYPE_CHECKING:
    from payments_loop.lake import Lake
    from payments_loop.problem import Problem, Table

_CACHE = DayCache()
_LONG_DAYS = 40
"""Longer batches are backfills: the lake leaves out their known rows anyway."""
_EDGE = 0.01
_ONE_DAY = 2


@dataclass(frozen=True)
class Past:
    """What is known from before a batch.

    Attributes:
        days: the days before it.
        keys: those that the lake has for its own days.
    """

    days: Sequence[Day] = ()
    keys: pl.DataFrame | None = None


@dataclass(frozen=True)
class _Period:
    """When the events of a batch happened, outliers left out."""

    first: date
    middle: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def span(self) -> int:
        """Days of rows; a wrong clock spreads one day over two."""
        return self.days if self.days > _ONE_DAY else 1

    @property
    def weekday(self) -> int | None:
        """Of a batch of one day."""
        return self.middle.weekday() if self.span == 1 else None


def examine(batch: Batch, problem: Problem, lake: Lake, config: Config) -> Examination:
    """Judge a batch against the lake as it was when the batch arrived."""
    table = problem.table(batch.table)
    frame, unfit = conform(batch.frame, table)
    fitting = replace(batch, frame=frame)
    if unfit.severity == "quarantine" or not frame.height:
        return judge(fitting, table, Past(), config, unfit=unfit)
    period, settings = _period(frame, table), config.reference
    start = period.first - timedelta(days=settings.days)
    files = files_of_days(lake, table, start, period.last + timedelta(days=1))
    before = {day: paths for day, paths in files.items() if day < period.first}
    days = _CACHE.days(lake, table, before, settings.rows_per_day)
    keys = None
    if period.days <= _LONG_DAYS:
        keys = known_keys(lake, table, files.keys() - before.keys(), but=batch.id)
    return judge(fitting, table, Past(days, keys), config, unfit=unfit)


def judge(
    batch: Batch,
    table: Table,
    past: Past,
    config: Config,
    *,
    unfit: Verdict | None = None,
) -> Examination:
    """Judge a batch against a given past; pure.

    Args:
        batch: in the table's columns and types, unless ``unfit`` says otherwise.
        table: the schema.
        past: days before it, ascending, and keys.
        config: what is tolerated.
        unfit: what is known to be wrong with its columns; if that is grave, nothing else is judged.
    """
    unfit = unfit or Verdict()
    grave = unfit.severity == "quarantine"
    frame = batch.frame
    empty = Examination(
        batch=batch.id,
        table=table.name,
        arrived=batch.arrived,
        rows=frame.height,
        first=None,
        last=None,
        unfit=unfit,
        verdict=Verdict(),
        measures=(),
        profiles=(),
        reference=None,
        days=0,
        notes=("columns do not fit, so nothing else was judged",) if grave else (),
        false_alarms=config.reference.false_alarms,
    )
    if grave:
        return empty
    if not frame.height:
        return replace(empty, notes=("there are no rows",))
    limits = config.limits(table.name)
    reference = Reference(past.days, batch.arrived)
    period = _period(frame, table)
    subject = Subject(table, frame, reference, period.span)
    measures, notes = _compare(subject, period, limits, config)
    found = chain(
        rules.broken(frame, table, limits),
        identity.repeats(batch, table, limits),
        identity.known(batch, table, past.keys, limits),
        identity.times(batch, table, limits),
        findings(measures, subject, limits) if measures else (),
    )
    first, _, last = _times(frame, table, 0)
    return replace(
        empty,
        first=first,
        last=last,
        verdict=Verdict(_worst_first(found)),
        measures=tuple(measures),
        profiles=_profiles(subject, measures),
        reference=(reference.dates[0], reference.dates[-1]) if measures else None,
        days=len(reference),
        notes=tuple(notes),
    )


def _compare(
    subject: Subject,
    period: _Period,
    limits: BatchLimits,
    config: Config,
) -> tuple[list[Measure], list[str]]:
    settings = config.reference
    days, rows = len(subject.reference), subject.frame.height
    if days < settings.minimum_days:
        note = f"{days} days before the batch are in the lake; comparisons need"
        return [], [f"{note} {settings.minimum_days}"]
    statistics = list(volume(subject))
    notes = []
    if rows >= settings.minimum_rows:
        for name, column in subject.columns.items():
            statistics += column_statistics(subject, name, column)
    else:
        notes = [f"{rows} rows are too few to compare distributions ({settings.minimum_rows})"]
    return measure(statistics, subject, period.weekday, limits, settings.false_alarms), notes


def _profiles(subject: Subject, measures: Iterable[Measure]) -> tuple[Profile, ...]:
    histograms = {
        one.statistic.column: one.statistic.histogram
        for one in measures
        if one.statistic.histogram is not None
    }
    before = subject.reference.frame
    return tuple(
        profile(
            subject.frame[name],
            column,
            before[name] if name in before.columns else None,
            histograms.get(name),
        )
        for name, column in subject.table.columns.items()
        if not column.hidden
    )


def _period(frame: pl.DataFrame, table: Table) -> _Period:
    first, middle, last = _times(frame, table, _EDGE)
    return _Period(first.date(), middle.date(), last.date())


def _times(frame: pl.DataFrame, table: Table, edge: float) -> tuple[datetime, datetime, datetime]:
    """The earliest, median and latest event, but for a share at both edges."""
    time = pl.col(table.event_time)
    shares = {"first": edge, "middle": 0.5, "last": 1 - edge}
    chosen = {name: time.quantile(share, "nearest") for name, share in shares.items()}
    first, middle, last = frame.select(**chosen).row(0)
    return first, middle, last


def _worst_first(found: Iterable[Finding]) -> tuple[Finding, ...]:
    order = ("block", "quarantine", "warn", "pass")
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))
