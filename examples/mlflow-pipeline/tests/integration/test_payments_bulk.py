"""`features.py` of the payments against their SQL: ties, late rows, strangers, halves of a cent."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from plugins.payments import FEATURES, SPINE, RunSql, midnight, tables_of

from payments_loop.features import relations
from payments_loop.features.engines.polars import bulk
from payments_loop.payments import World
from payments_loop.problem import Problem

WORLD = World(per_day=120, incidents=())
DAY = 86_400


def test_both_say_the_same(payments_problem: Problem, run_sql: RunSql) -> None:
    tables = tables_of(WORLD, WORLD.start, 70)
    number = pl.int_range(pl.len())
    tables["payments"] = tables["payments"].with_columns(
        pl.when(number % 3 == 0)
        .then(pl.col("time") // 3600 * 3600)
        .otherwise("time")
        .alias("time"),
        pl.when(number % 5 == 0).then(pl.col("amount") + 0.005).otherwise("amount").alias("amount"),
        pl.when(number % 41 == 0).then(None).otherwise("terminal_id").alias("terminal_id"),
    )
    for name, time in (("payments", "time"), ("reports", "reported_at")):
        days = pl.when(number % 17 == 0).then(20).when(number % 13 == 0).then(6).otherwise(0)
        late = pl.col(time) + days * DAY
        tables[name] = tables[name].with_columns(known_at=late).sample(fraction=1, shuffle=True)
    start = midnight(WORLD.start + timedelta(days=1))
    found = run_sql(payments_problem, tables, start=start, stop=start + 60 * DAY)
    asked = relations.spine(payments_problem, found[SPINE])
    expected = relations.assembled(payments_problem, asked, found[FEATURES])
    given = bulk(payments_problem, asked.sort("at", "row_id"), tables)
    assert expected.height > 6000
    assert expected.select(pl.struct("customer_id", "at").is_duplicated().any()).item()
    assert relations.differing(payments_problem, expected, given) == []
