"""What the lake gets to see of the world: batches that arrive, with the faults of the calendar.

A day's rows arrive at the next midnight. Whatever deviates arrives at another time of the day, so
that no two batches of a table arrive together and an arrival says which batches came before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from .calendar import Incident
from .generator import World

LATE = timedelta(days=3, hours=6)
AGAIN = timedelta(hours=12)
LONGEST_LATENESS = timedelta(days=14)


@dataclass(frozen=True)
class Delivery:
    """One batch: the rows of a table for a day.

    Attributes:
        id: of the batch, for example `payments-2026-03-01`.
        table: `payments` or `reports`.
        day: whose rows they are.
        arrived: when they arrived (UTC).
        fault: variant of a poisoned batch, else empty.
    """

    id: str
    table: str
    day: date
    arrived: datetime
    fault: str = ""


def deliveries(
    world: World, table: str, *, after: datetime | None, until: datetime
) -> Iterator[Delivery]:
    """Yield what arrived later than `after` and not later than `until`, in order of arrival."""
    first = world.start
    if after is not None:
        first = max(first, (after - LONGEST_LATENESS).date())
    days = range((until.date() - first).days)
    found = [
        delivery
        for number in days
        for delivery in _of_day(world, table, first + timedelta(days=number))
        if delivery.arrived <= until and (after is None or delivery.arrived > after)
    ]
    yield from sorted(found, key=lambda delivery: delivery.arrived)


def rows(world: World, delivery: Delivery) -> pl.DataFrame:
    """Rows of a delivery as they arrive, spoilt where the calendar says so."""
    if delivery.table == "reports":
        return world.reports(delivery.day)
    return spoil(world.payments(delivery.day), delivery.fault)


def spoil(payments: pl.DataFrame, fault: str) -> pl.DataFrame:
    """Apply a fault of `calendar.POISONS` to payments.

    Raises:
        ValueError: there is no such fault.
    """
    faults = {
        "": [],
        "cents": [(pl.col("amount") * 100).round(2)],
        "no_device": [pl.lit(None, pl.Float64).alias("device_age_days")],
        "time_zone": [pl.col("time") + timedelta(hours=9)],
    }
    if fault not in faults:
        raise ValueError(f"no fault {fault!r}: there are {', '.join(filter(None, faults))}")
    return payments.with_columns(faults[fault])


def _of_day(world: World, table: str, day: date) -> Iterator[Delivery]:
    midnight = datetime.combine(day, time(), UTC) + timedelta(days=1)
    regular = Delivery(f"{table}-{day}", table, day, midnight)
    today = {i.kind: i for i in world.incidents if i.first <= day <= i.last}
    if table == "reports":
        yield _after_drought(regular, today.get("label_drought"))
    elif "outage" in today:
        return
    elif "late_batch" in today:
        yield Delivery(regular.id, table, day, midnight + LATE)
    elif "poisoned_batch" in today:
        yield Delivery(regular.id, table, day, midnight, today["poisoned_batch"].variant)
    else:
        yield regular
        if "duplicate_batch" in today:
            yield Delivery(f"{regular.id}-again", table, day, midnight + AGAIN)


def _after_drought(regular: Delivery, drought: Incident | None) -> Delivery:
    """What a drought held back arrives after it, a minute apart."""
    if drought is None:
        return regular
    over = datetime.combine(drought.last, time(6), UTC) + timedelta(days=2)
    arrived = over + timedelta(minutes=(regular.day - drought.first).days)
    return Delivery(regular.id, regular.table, regular.day, arrived)
