"""How good the checks of batches are: false alarms on clean days, detection of planted faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from payments_loop.lake import Batch, conform, open_source
from payments_loop.lake.verdict import Severity
from payments_loop.problem import Problem, Table
from payments_loop.validation.batch import Past, judge
from payments_loop.validation.config import Config
from payments_loop.validation.examination import Examination
from payments_loop.validation.faults import FAULTS
from payments_loop.validation.reference import Day

SEED = 7
FAULT_EVERY_DAYS = 4


@dataclass
class Result:
    """What was counted.

    Attributes:
        batches: clean batches that were judged with a full reference.
        days: different days among them, of all replicas.
        alarms: clean batches with a finding, with their reasons.
        alarm_days: days with such a batch.
        outside: clean batches with any comparison outside its range, large or not.
        nearest: the largest distance of every clean batch as a share of its limit.
        planted: how often each fault was planted into batches large enough to compare.
        verdicts: how often such a fault got each severity.
        small: how many faults of all kinds were planted into smaller batches.
        small_detected: how many of these were found.
    """

    batches: int = 0
    days: set[tuple[int, date]] = field(default_factory=set)
    alarms: list[str] = field(default_factory=list)
    alarm_days: set[tuple[int, date]] = field(default_factory=set)
    outside: int = 0
    nearest: list[float] = field(default_factory=list)
    planted: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, Severity]] = field(default_factory=Counter)
    small: int = 0
    small_detected: int = 0

    def detected(self, fault: str) -> int:
        """How many of the planted ones were not simply taken."""
        return self.planted[fault] - self.verdicts[fault, "pass"]

    def aside(self, fault: str) -> int:
        """How many of the planted ones were put aside."""
        return self.verdicts[fault, "quarantine"] + self.verdicts[fault, "block"]


def run(replicas: Sequence[Problem], days: int, config: Config) -> Result:
    """Judge the first days of sources that are known to be clean, and broken copies of them.

    Args:
        replicas: problems with independent clean sources.
        days: how many days of each to judge, after those of the first reference.
        config: what is tolerated.
    """
    result = Result()
    for number, problem in enumerate(replicas):
        for table in problem.tables.values():
            batches = _clean(problem, table, days + config.reference.days)
            _study(result, number, table, batches, config)
    return result


def _clean(problem: Problem, table: Table, days: int) -> list[Batch]:
    """The first days of a source, a batch per day of event time."""
    source = open_source(problem, table)
    parts: list[pl.DataFrame] = []
    first: datetime | None = None
    for batch in source.batches(table, after=None, until=datetime.now(UTC), known={}):
        frame, verdict = conform(batch.frame, table)
        if verdict.severity == "quarantine" or not frame.height:
            continue
        parts.append(frame)
        newest, oldest = frame[table.event_time].max(), frame[table.event_time].min()
        if not isinstance(newest, datetime) or not isinstance(oldest, datetime):
            continue
        first = first or oldest
        if newest > first + timedelta(days=days):
            break
    if not parts:
        return []
    rows = pl.concat(parts).with_columns(_day=pl.col(table.event_time).dt.date())
    by_day = rows.sort(table.event_time).partition_by("_day", as_dict=True, include_key=False)
    return [_batch(table, day, frame) for (day,), frame in list(by_day.items())[:days]]


def _batch(table: Table, day: date, frame: pl.DataFrame) -> Batch:
    arrived = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return Batch(f"{table.name}-{day}", table.name, frame, arrived, "")


def _study(
    result: Result,
    replica: int,
    table: Table,
    batches: Sequence[Batch],
    config: Config,
) -> None:
    length, enough = config.reference.days, config.reference.minimum_rows
    stored = [_stored(batch, table, config.reference.rows_per_day) for batch in batches]
    for position in range(length, len(batches)):
        batch, before = batches[position], batches[position - 1]
        days = stored[position - length : position]
        _count_clean(result, replica, judge(batch, table, Past(days), config))
        if (position - length) % FAULT_EVERY_DAYS == 0:
            rng = np.random.default_rng([SEED, replica, position])
            comparable = batch.frame.height >= enough
            for fault in FAULTS:
                planted = fault.plant(batch, before, table, rng)
                if planted is not None and planted.frame.height:
                    known = Past(days, before.frame.select(table.key))
                    examined = _judge(planted, table, known, config)
                    _count_fault(result, fault.name, examined, comparable=comparable)


def _judge(planted: Batch, table: Table, past: Past, config: Config) -> Examination:
    frame, unfit = conform(planted.frame, table)
    fitting = replace(planted, frame=frame)
    return judge(fitting, table, past, config, unfit=unfit)


def _stored(batch: Batch, table: Table, rows: int) -> Day:
    frame = batch.frame.select(table.visible)
    frame = frame.with_columns(known_at=pl.col(table.known_time), batch=pl.lit(batch.id))
    return Day.of(frame, (batch.arrived - timedelta(days=1)).date(), rows)


def _count_clean(result: Result, replica: int, examined: Examination) -> None:
    day = replica, examined.arrived.date()
    result.batches += 1
    result.days.add(day)
    if examined.total.severity != "pass":
        result.alarm_days.add(day)
        reasons = "; ".join(examined.total.reasons)
        result.alarms.append(f"replica {replica}, {examined.batch}: {reasons}")
    result.outside += any(one.outside for one in examined.measures)
    shares = [abs(one.place.distance) for one in examined.measures]
    if shares:
        result.nearest.append(max(shares))


def _count_fault(result: Result, fault: str, examined: Examination, *, comparable: bool) -> None:
    severity = examined.total.severity
    if comparable:
        result.planted[fault] += 1
        result.verdicts[fault, severity] += 1
    else:
        result.small += 1
        result.small_detected += severity != "pass"
