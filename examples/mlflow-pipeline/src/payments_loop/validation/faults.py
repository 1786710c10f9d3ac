"""Faults as they happen in data pipelines, planted into clean batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl

from payments_loop.lake import Batch
from payments_loop.problem import Table

TRUNCATED_TO = (0.6, 0.85)
NULL_SHARE = 0.1
NEW_SHARE = 0.05
CLOCK_HOURS = (2, 1)
CENTS_SHARE = 0.1
LATE_DAYS = 3

Plant = Callable[[Batch, Batch, Table, np.random.Generator], Batch | None]


@dataclass(frozen=True)
class Fault:
    """A way in which a batch can be broken.

    Attributes:
        name: what happened, for a person.
        plant: from the batch of a day, the batch of the day before, the table and a source of
            randomness makes the broken batch; None where the table has nothing to break.
    """

    name: str
    plant: Plant


def _cents(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    name = _pick(_numbers(table, nullable=False) or _numbers(table), rng)
    return _set(batch, pl.col(name) * 100) if name else None


def _some_cents(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    name = _pick(_numbers(table, nullable=False) or _numbers(table), rng)
    if name is None:
        return None
    chosen = pl.Series(rng.random(batch.frame.height) < CENTS_SHARE)
    return _set(batch, pl.when(chosen).then(pl.col(name) * 100).otherwise(pl.col(name)).alias(name))


def _nulls(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    name = _pick([name for name in _open(table) if not table.columns[name].nullable], rng)
    return _some(batch, name, None, NULL_SHARE, rng) if name else None


def _emptied(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    name = _pick([name for name in _open(table) if table.columns[name].nullable], rng)
    return _some(batch, name, None, 1, rng) if name else None


def _clock(hours: int) -> Plant:
    def plant(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
        shift = timedelta(hours=hours * int(rng.choice([-1, 1])))
        names = {table.event_time, table.known_time}
        return _set(batch, *(pl.col(name) + shift for name in names))

    return plant


def _again(batch: Batch, before: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    del table, rng
    return replace(before, id=f"{before.id}-again", arrived=batch.arrived)


def _truncated(share: float) -> Plant:
    def plant(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
        del table, rng
        return replace(batch, frame=batch.frame.head(int(share * batch.frame.height)))

    return plant


def _new_value(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    texts = [name for name in _open(table) if table.columns[name].type == "string"]
    name = _pick([name for name in texts if table.columns[name].values] or texts, rng)
    return _some(batch, name, "never seen before", NEW_SHARE, rng) if name else None


def _swapped(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    del rng
    texts = [name for name in _open(table) if table.columns[name].type == "string"]
    for names in (texts, _numbers(table)):
        if len(names) > 1:
            first, second = names[:2]
            return _set(batch, pl.col(second).alias(first), pl.col(first).alias(second))
    return None


def _constant(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    name = _pick(_open(table), rng)
    return _set(batch, pl.col(name).drop_nulls().first()) if name else None


def _late(batch: Batch, _: Batch, table: Table, rng: np.random.Generator) -> Batch | None:
    del rng
    if table.freshness_hours is None or table.freshness_hours > 24 * LATE_DAYS:
        return None
    return replace(batch, arrived=batch.arrived + timedelta(days=LATE_DAYS))


FAULTS = (
    Fault("amounts in cents", _cents),
    Fault(f"amounts in cents, {CENTS_SHARE:.0%} of the rows", _some_cents),
    Fault(f"nulls in {NULL_SHARE:.0%} of a column that allows none", _nulls),
    Fault("an optional column is empty", _emptied),
    *(Fault(f"clock or time zone off by {hours} h", _clock(hours)) for hours in CLOCK_HOURS),
    Fault("yesterday's batch again", _again),
    *(Fault(f"truncated to {share:.0%} of the rows", _truncated(share)) for share in TRUNCATED_TO),
    Fault(f"a new category in {NEW_SHARE:.0%} of the rows", _new_value),
    Fault("two columns swapped", _swapped),
    Fault("a column is constant", _constant),
    Fault(f"file is {LATE_DAYS} days old", _late),
)


def _open(table: Table) -> list[str]:
    """Columns that faults are planted into: neither key nor time, and visible."""
    closed = {*table.key, table.event_time, table.known_time}
    return [name for name in table.visible if name not in closed]


def _numbers(table: Table, *, nullable: bool | None = None) -> list[str]:
    return [
        name
        for name in _open(table)
        if table.columns[name].type == "float"
        and (nullable is None or table.columns[name].nullable == nullable)
    ]


def _pick(names: list[str], rng: np.random.Generator) -> str | None:
    return names[int(rng.integers(len(names)))] if names else None


def _set(batch: Batch, *columns: pl.Expr) -> Batch:
    return replace(batch, frame=batch.frame.with_columns(*columns))


def _some(
    batch: Batch,
    name: str,
    value: str | None,
    share: float,
    rng: np.random.Generator,
) -> Batch:
    chosen = pl.Series(rng.random(batch.frame.height) < share)
    return _set(batch, pl.when(chosen).then(pl.lit(value)).otherwise(pl.col(name)).alias(name))
