"""The SQL of the payments: blind to the future, content with its lookback, and correct."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from plugins.payments import (
    FEATURES,
    LABELS,
    SPINE,
    RunSql,
    Tables,
    midnight,
    tables_of,
)

from payments_loop.payments import World
from payments_loop.problem import Problem

WORLD = World(per_day=150, incidents=())
FIRST = WORLD.start
DECIDED = FIRST + timedelta(days=60)
EARLIER = 5 * 86_400
START, STOP = midnight(DECIDED), midnight(DECIDED + timedelta(days=2))


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Eighty days; every 50th payment became known only five days later."""
    tables = tables_of(WORLD, FIRST, 80)
    late = pl.int_range(pl.len()) % 50 == 0
    known = pl.when(late).then(pl.col("known_at") + 5 * 86_400).otherwise("known_at")
    return tables | {"payments": tables["payments"].with_columns(known_at=known)}


def _with_another_future(tables: Tables, at: int) -> Tables:
    """Replace what became known at `at` or later: everybody paid much days ago, and was defrauded."""
    past = {name: frame.filter(pl.col("known_at") < at) for name, frame in tables.items()}
    planted = {
        name: frame.with_columns(
            payment_id=pl.lit("planted-") + pl.col("payment_id"),
            known_at=at + pl.int_range(pl.len(), dtype=pl.Int64) % 86_400,
        )
        for name, frame in tables.items()
    }
    dear = planted["payments"].with_columns(amount=pl.lit(19_999.0))
    frauds = planted["payments"].select("payment_id", "customer_id", "terminal_id", "known_at")
    frauds = frauds.with_columns(reported_at=pl.col("known_at") - EARLIER).select(
        tables["reports"].columns
    )
    return {
        "payments": pl.concat(
            [past["payments"], dear.with_columns(time=pl.col("known_at") - EARLIER)]
        ),
        "reports": pl.concat([past["reports"], frauds]),
    }


def test_a_planted_future_changes_no_feature(
    payments_problem: Problem, tables: Tables, run_sql: RunSql
) -> None:
    honest = run_sql(payments_problem, tables, start=START, stop=STOP)
    for row in range(0, honest[SPINE].height, 80):
        decision = honest[SPINE][row]
        planted = _with_another_future(tables, decision["at"].item())
        again = run_sql(payments_problem, planted, spine=decision)
        expected = honest[FEATURES].filter(row_id=decision["row_id"].item())
        assert again[FEATURES].equals(expected)


@pytest.mark.parametrize(
    ("condition", "leaky"),
    [
        ("f.t < decisions.t", "f.t < decisions.t + 86400"),
        ("p.t < decisions.t", "p.t <= decisions.t"),
        ("known_at AS t", "time AS t"),
        ("before.day < today.day", "before.day <= today.day"),
    ],
)
def test_a_leak_would_be_noticed(
    payments_problem: Problem, tables: Tables, run_sql: RunSql, condition: str, leaky: str
) -> None:
    features = payments_problem.sql("features")
    assert condition in features
    features = features.replace(condition, leaky, 1)
    honest = run_sql(payments_problem, tables, start=START, stop=STOP, features=features)
    changed = 0
    for row in range(0, honest[SPINE].height, 80):
        decision = honest[SPINE][row]
        planted = _with_another_future(tables, decision["at"].item())
        again = run_sql(payments_problem, planted, spine=decision, features=features)
        expected = honest[FEATURES].filter(row_id=decision["row_id"].item())
        changed += not again[FEATURES].equals(expected)
    assert changed > 0


def test_more_history_than_the_lookback_changes_nothing(
    payments_problem: Problem, tables: Tables, run_sql: RunSql
) -> None:
    everything = run_sql(payments_problem, tables, start=START, stop=STOP)
    oldest = START - payments_problem.lookback_days * 86_400
    recent = {
        "payments": tables["payments"].filter(pl.col("time") >= oldest),
        "reports": tables["reports"].filter(pl.col("reported_at") >= oldest),
    }
    assert recent["payments"].height < tables["payments"].height
    again = run_sql(payments_problem, recent, start=START, stop=STOP)
    assert again[FEATURES].equals(everything[FEATURES])


def test_features_equal_the_slow_computation(
    payments_problem: Problem, tables: Tables, run_sql: RunSql
) -> None:
    found = run_sql(payments_problem, tables, start=START, stop=STOP)
    rows = found[SPINE].join(found[FEATURES], on="row_id").sort("at").to_dicts()
    assert len(rows) > 100
    for row in rows[:: len(rows) // 25]:
        expected = _slowly(tables, row)
        actual = {name: row[name] for name in expected}
        assert actual == pytest.approx(expected)


def _slowly(tables: Tables, row: dict[str, Any]) -> dict[str, float | None]:
    at = row["at"]

    def known(table: str, entity: str, days: float) -> pl.DataFrame:
        window = pl.col("known_at").is_between(at - days * 86_400, at, closed="left")
        return tables[table].filter(window, pl.col(entity) == row[entity])

    today = at // 86_400
    paid = known("payments", "customer_id", 30)
    at_terminal = tables["payments"].filter(
        pl.col("terminal_id") == row["terminal_id"],
        (pl.col("known_at") // 86_400).is_between(today - 30, today, closed="left"),
    )
    frauds = known("reports", "terminal_id", 30).height
    last = paid["known_at"].max()
    return {
        "hour": at % 86_400 / 3600,
        "customer_payments_1d": known("payments", "customer_id", 1).height,
        "customer_payments_7d": known("payments", "customer_id", 7).height,
        "customer_payments_30d": paid.height,
        "amount_ratio": row["amount"] * paid.height / sum(paid["amount"]) if paid.height else None,
        "hours_since_payment": (at - last) / 3600 if paid.height else None,
        "customer_frauds_30d": known("reports", "customer_id", 30).height,
        "terminal_payments_30d": at_terminal.height,
        "terminal_frauds_7d": known("reports", "terminal_id", 7).height,
        "terminal_fraud_share_30d": 100 * frauds / at_terminal.height if len(at_terminal) else None,
    }


def test_every_decision_has_one_valid_row(
    payments_problem: Problem, tables: Tables, run_sql: RunSql
) -> None:
    found = run_sql(payments_problem, tables, start=START, stop=STOP)
    expected = tables["payments"].filter(pl.col("time").is_between(START, STOP, closed="left"))
    assert found[SPINE]["row_id"].to_list() == expected["payment_id"].sort().to_list()
    for which in (FEATURES, LABELS):
        assert found[which]["row_id"].to_list() == found[SPINE]["row_id"].to_list()
    rows = found[SPINE].join(found[FEATURES], on="row_id")
    for name, feature in payments_problem.features.items():
        values = rows[name].drop_nulls()
        assert feature.nullable or len(values) == len(rows), name
        if feature.categories is not None:
            assert set(values.unique()) <= set(feature.categories)
        if feature.minimum is not None:
            assert values.to_numpy().min() >= feature.minimum, name
        if feature.maximum is not None:
            assert values.to_numpy().max() <= feature.maximum, name


def test_weekdays_begin_on_monday(
    payments_problem: Problem, tables: Tables, run_sql: RunSql
) -> None:
    found = run_sql(payments_problem, tables, start=START, stop=START + 86_400)
    assert found[FEATURES]["weekday"].unique().to_list() == [DECIDED.weekday()]


def test_labels_count_what_was_reported_until_they_are_mature(
    payments_problem: Problem, tables: Tables, run_sql: RunSql
) -> None:
    found = run_sql(payments_problem, tables, start=START, stop=STOP)
    labels = found[SPINE].join(found[LABELS], on="row_id")
    maturity = payments_problem.target.maturity_days * 86_400
    assert (labels["known_at"] - labels["at"]).unique().to_list() == [maturity]
    days = [DECIDED, DECIDED + timedelta(days=1)]
    truth = pl.concat([WORLD.everything(day) for day in days])
    delay = (pl.col("reported_at").dt.epoch("s") - pl.col("time").dt.epoch("s")) <= maturity
    in_time = truth.filter("fraud", delay)["payment_id"].sort()
    assert labels.filter(pl.col("target") == 1)["row_id"].to_list() == in_time.to_list()
