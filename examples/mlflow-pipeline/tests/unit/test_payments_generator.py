"""The generated world keeps the promises that every result rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

import payments_loop.lake as lake
from payments_loop.payments import (
    Incident,
    World,
    calendar,
)
from payments_loop.payments.measure import ceiling
from payments_loop.problem import Problem

DAY = date(2026, 3, 1)
DRIFT = date(2026, 2, 10)
QUIET = World(per_day=2000, incidents=())
COVARIATE = Incident("covariate_drift", DRIFT, DRIFT, "", ())
CONCEPT = Incident("concept_drift", DRIFT, DRIFT + timedelta(days=4), "", ())


def _period(world: World, first: date, days: int) -> pl.DataFrame:
    return pl.concat([world.everything(first + timedelta(days=number)) for number in range(days)])


@pytest.fixture(scope="module")
def payments() -> pl.DataFrame:
    return _period(QUIET, date(2026, 1, 1), 45)


def test_a_day_alone_equals_the_day_in_order() -> None:
    in_order = World(per_day=200)
    for number in range(30):
        in_order.payments(DAY - timedelta(days=30 - number))
    alone = World(per_day=200)
    assert in_order.payments(DAY).equals(alone.payments(DAY))
    assert in_order.reports(DAY).equals(alone.reports(DAY))
    assert alone.payments(DAY).equals(alone.payments(DAY))


def test_seeds_and_days_differ() -> None:
    world = World(per_day=200)
    assert not world.payments(DAY).equals(World(seed=8, per_day=200).payments(DAY))
    amounts = [world.payments(DAY + timedelta(days=n))["amount"].head(100) for n in (0, 1)]
    assert not amounts[0].equals(amounts[1])


def test_batches_have_the_schema_of_the_problem(payments_problem: Problem) -> None:
    world = World(per_day=200)
    for name, frame in (("payments", world.payments(DAY)), ("reports", world.reports(DAY))):
        table = payments_problem.table(name)
        assert frame.columns == list(table.columns)
        conformed, verdict = lake.conform(frame, table)
        assert verdict.findings == ()
        assert conformed.equals(frame)


def test_columns_are_within_their_bounds(payments: pl.DataFrame, payments_problem: Problem) -> None:
    for name, column in payments_problem.table("payments").columns.items():
        values = payments[name]
        if column.values is not None:
            assert set(values.unique()) == set(column.values)
        if column.minimum is not None:
            assert values.drop_nulls().to_numpy().min() >= column.minimum
        if column.maximum is not None:
            assert values.drop_nulls().to_numpy().max() <= column.maximum
        assert column.nullable or values.null_count() == 0
    assert payments["payment_id"].n_unique() == len(payments)


def test_payments_happen_on_their_day_and_in_order() -> None:
    time = QUIET.payments(DAY)["time"]
    assert time.is_sorted()
    assert time.dt.date().unique().to_list() == [DAY]


def test_frauds_are_drawn_from_the_stored_probability(payments: pl.DataFrame) -> None:
    truth, fraud = payments["true_probability"].to_numpy(), payments["fraud"].to_numpy()
    for low, high in ((0, 0.005), (0.005, 0.02), (0.02, 0.1), (0.1, 0.3), (0.3, 1)):
        rows = (truth >= low) & (truth < high)
        error = np.sqrt((truth[rows] * (1 - truth[rows])).sum())
        assert rows.sum() > 100
        assert abs(fraud[rows].sum() - truth[rows].sum()) < 4 * error
    assert 0.02 < fraud.mean() < 0.03


def test_reports_come_late_as_described(payments: pl.DataFrame) -> None:
    frauds = payments.filter("fraud")
    delay = (frauds["reported_at"] - frauds["time"]).dt.total_seconds().to_numpy() / 86_400
    assert delay.min() >= 0
    assert delay.mean() == pytest.approx(5, abs=0.4)
    assert (delay <= 14).mean() == pytest.approx(0.976, abs=0.015)
    assert payments.filter(~pl.col("fraud"))["reported_at"].null_count() == len(payments) - len(
        frauds
    )


def test_every_fraud_is_reported_once_on_its_day() -> None:
    world = World(per_day=100, incidents=())
    frauds = _period(world, world.start, 20).filter("fraud")
    reports = pl.concat([world.reports(world.start + timedelta(days=n)) for n in range(61)])
    assert reports["payment_id"].n_unique() == len(reports)
    joined = frauds.join(reports, on="payment_id", suffix="_told")
    assert len(joined) == len(frauds)
    assert joined["reported_at"].equals(joined["reported_at_told"])
    assert joined["terminal_id"].to_list() == joined["terminal_id_told"].to_list()


def test_nothing_happens_before_the_first_day() -> None:
    world = World(per_day=100)
    before = world.start - timedelta(days=1)
    assert world.payments(before).is_empty()
    assert world.reports(before).is_empty()
    assert world.payments(before).schema == world.payments(world.start).schema


def test_covariate_drift_starts_on_its_day_and_changes_no_risk() -> None:
    drifted = World(per_day=2000, incidents=[COVARIATE])
    eve = DRIFT - timedelta(days=1)
    assert drifted.payments(eve).equals(QUIET.payments(eve))
    before, after = QUIET.payments(DRIFT), drifted.payments(DRIFT)
    online = [(frame["channel"] == "online").to_numpy().mean() for frame in (before, after)]
    assert online[1] > online[0] + 0.15
    assert np.median(after["amount"].to_numpy()) > 1.2 * np.median(before["amount"].to_numpy())
    at_chip = [frame.filter(channel="chip")["amount"].to_numpy() for frame in (before, after)]
    assert np.median(at_chip[1]) == pytest.approx(np.median(at_chip[0]), rel=0.1)


def test_concept_drift_changes_the_risk_and_nothing_else() -> None:
    drifted = World(per_day=2000, incidents=[CONCEPT])
    visible = ["payment_id", "time", "customer_id", "terminal_id", "amount", "device_age_days"]
    eve, complete = CONCEPT.first - timedelta(days=1), CONCEPT.last
    assert drifted.everything(eve).equals(QUIET.everything(eve))
    before, after = QUIET.payments(complete), drifted.payments(complete)
    assert before.select(visible).equals(after.select(visible))
    assert np.corrcoef(before["true_probability"], after["true_probability"])[0, 1] < 0.5


def test_concept_drift_comes_gradually_and_stays() -> None:
    drifted = World(per_day=2000, incidents=[CONCEPT])
    alike = []
    for number in (-1, 0, 2, 4, 60):
        day = CONCEPT.first + timedelta(days=number)
        truths = [w.payments(day)["true_probability"].to_numpy() for w in (QUIET, drifted)]
        alike.append(np.corrcoef(truths[0], truths[1])[0, 1])
    assert alike[0] == pytest.approx(1)
    assert alike[1] > alike[2] > alike[3]
    assert alike[4] < 0.4


def test_the_ceiling_stays_where_it_was(payments: pl.DataFrame) -> None:
    drifted = World(per_day=2000, incidents=[CONCEPT])
    moved = _period(drifted, CONCEPT.last + timedelta(days=1), 30)
    assert 0.81 < ceiling(payments) < 0.87
    assert 0.82 < ceiling(moved) < 0.89
    assert moved["fraud"].mean() == pytest.approx(payments["fraud"].mean(), abs=0.01)


def test_the_world_goes_on_after_its_calendar() -> None:
    world = World(days=200, per_day=100)
    assert max(incident.last for incident in world.incidents) < date(2026, 7, 20)
    assert world.payments(date(2027, 5, 1)).height > 50
    assert world.reports(date(2027, 5, 1))["reported_at"].min() >= datetime(  # type: ignore[operator]
        2027, 5, 1, tzinfo=UTC
    )


@pytest.mark.parametrize("wrong", [{"per_day": 0}, {"days": 0}])
def test_an_empty_world_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        World(**wrong)  # type: ignore[arg-type]


def test_the_calendar_is_the_worlds() -> None:
    assert World(seed=3).incidents == tuple(calendar(3))
