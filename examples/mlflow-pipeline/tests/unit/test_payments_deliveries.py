"""Batches arrive once, in order, with the faults of the calendar and no others."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

import payments_loop.payments.deliveries as deliveries
from payments_loop.lake.sources import open_source
from payments_loop.payments import (
    Incident,
    World,
    load_world,
)
from payments_loop.problem import Problem, ProblemError

START = date(2026, 1, 1)


def _day(number: int) -> date:
    return START + timedelta(days=number)


def _moment(number: int, hour: int = 0) -> datetime:
    return datetime.combine(_day(number), time(hour), UTC)


def _incident(kind: str, first: int, last: int, variant: str = "") -> Incident:
    return Incident(kind, _day(first), _day(last), "", (), variant)  # type: ignore[arg-type]


WORLD = World(
    per_day=60,
    incidents=[
        _incident("duplicate_batch", 3, 3),
        _incident("late_batch", 5, 5),
        _incident("outage", 12, 12),
        _incident("poisoned_batch", 15, 15, "cents"),
        _incident("label_drought", 4, 7),
    ],
)


def _delivered(table: str, until: int = 25) -> list[deliveries.Delivery]:
    return list(deliveries.deliveries(WORLD, table, after=None, until=_moment(until)))


@pytest.mark.parametrize("table", ["payments", "reports"])
def test_arrivals_ascend_and_differ_and_ids_are_unique(table: str) -> None:
    delivered = _delivered(table)
    arrivals = [delivery.arrived for delivery in delivered]
    assert arrivals == sorted(set(arrivals))
    assert len({delivery.id for delivery in delivered}) == len(delivered)
    assert all(d.arrived >= _moment((d.day - START).days + 1) for d in delivered)


@pytest.mark.parametrize("table", ["payments", "reports"])
@pytest.mark.parametrize("stop", range(1, 25))
def test_asking_in_two_parts_gives_the_same(table: str, stop: int) -> None:
    until = _moment(stop, hour=9)
    first = list(deliveries.deliveries(WORLD, table, after=None, until=until))
    last = first[-1].arrived if first else None
    rest = list(deliveries.deliveries(WORLD, table, after=last, until=_moment(25)))
    assert first + rest == _delivered(table)


def test_a_days_rows_arrive_at_midnight() -> None:
    first = _delivered("payments")[0]
    assert (first.id, first.arrived) == ("payments-2026-01-01", _moment(1))
    assert deliveries.rows(WORLD, first).equals(WORLD.payments(START))


def test_a_day_is_delivered_twice() -> None:
    twice = [delivery for delivery in _delivered("payments") if delivery.day == _day(3)]
    assert [d.id for d in twice] == ["payments-2026-01-04", "payments-2026-01-04-again"]
    assert deliveries.rows(WORLD, twice[0]).equals(deliveries.rows(WORLD, twice[1]))


def test_a_day_is_late_and_another_never_comes() -> None:
    arrived = {delivery.day: delivery.arrived for delivery in _delivered("payments")}
    assert arrived[_day(5)] == _moment(9, hour=6)
    assert _day(12) not in arrived


def test_a_drought_holds_reports_back_and_ends() -> None:
    arrived = {delivery.day: delivery.arrived for delivery in _delivered("reports")}
    held = [arrived[_day(number)] for number in range(4, 8)]
    assert held == [_moment(9, hour=6) + timedelta(minutes=number) for number in range(4)]
    assert not [when for when in arrived.values() if _moment(5) <= when <= _moment(8)]
    assert arrived[_day(8)] == _moment(9)


def test_poison_spoils_one_batch() -> None:
    by_day = {delivery.day: delivery for delivery in _delivered("payments")}
    spoilt = deliveries.rows(WORLD, by_day[_day(15)])
    clean = WORLD.payments(_day(15))
    ratio = (spoilt["amount"] / clean["amount"]).to_numpy()
    assert ratio == pytest.approx(100)
    for number in (14, 16):
        frame = deliveries.rows(WORLD, by_day[_day(number)])
        assert frame.equals(WORLD.payments(_day(number)))


def test_each_poison_changes_its_column_only() -> None:
    clean = WORLD.payments(START)
    for fault, column in {
        "cents": "amount",
        "no_device": "device_age_days",
        "time_zone": "time",
    }.items():
        spoilt = deliveries.spoil(clean, fault)
        assert spoilt.schema == clean.schema
        assert spoilt.drop(column).equals(clean.drop(column))
        assert not spoilt[column].equals(clean[column])
    shifted = deliveries.spoil(clean, "time_zone")
    assert (shifted["time"] > _moment(1)).any()
    assert deliveries.spoil(clean, "no_device")["device_age_days"].null_count() == len(clean)


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="cents, no_device, time_zone"):
        deliveries.spoil(WORLD.payments(START), "water")


def test_the_source_gives_what_the_lake_does_not_have(payments_problem: Problem) -> None:
    table = payments_problem.table("reports")
    source = open_source(payments_problem, table)
    until = _moment(10)
    batches = list(source.batches(table, after=None, until=until, known={}))
    assert [batch.id for batch in batches][:2] == ["reports-2026-01-01", "reports-2026-01-02"]
    assert len(batches) == 10
    known = {batch.id: batch.arrived for batch in batches[:9]}
    (newest,) = source.batches(table, after=None, until=until, known=known)
    assert newest.frame.equals(batches[9].frame)
    assert newest.sha256 == batches[9].sha256
    assert len({batch.sha256 for batch in batches if not batch.frame.is_empty()}) > 5
    assert isinstance(newest.frame, pl.DataFrame)


def test_the_source_has_no_options_and_two_tables(payments_problem: Problem) -> None:
    table = payments_problem.table("payments")
    with_seed = table.model_copy(update={"source": {"kind": "generator", "seed": 3}})
    with pytest.raises(ProblemError, match=r"seed.*world\.toml"):
        open_source(payments_problem, with_seed)
    with pytest.raises(ProblemError, match="payments, reports"):
        open_source(payments_problem, table.model_copy(update={"name": "orders"}))


def test_a_folder_describes_its_world(tmp_path: Path) -> None:
    assert load_world(tmp_path).seed == World().seed
    (tmp_path / "world.toml").write_text("seed = 3\nper_day = 50\nincidents = false\n")
    world = load_world(tmp_path)
    assert (world.seed, world.per_day, world.incidents) == (3, 50, ())
    assert load_world(tmp_path) is world


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("per_day = 0", "per_day"), ("sed = 3", "sed"), ("seed = ", "cannot be read")],
)
def test_a_wrong_world_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "world.toml").write_text(text)
    with pytest.raises(ProblemError, match=complaint):
        load_world(tmp_path)
