"""`features.py` of the problem "shop", and orders that are hard to count."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from payments_loop.lake import Lake
from payments_loop.problem import Problem

from .data_ingestion import AS_OF, make_batch

FEATURES_PY = """
import polars as pl

from payments_loop.features.past import Decisions

MONTH = 30 * 86400


def features(spine, tables):
    late = pl.col("known_at") - pl.col("time") >= 86400
    orders = tables["orders"].filter(~late).with_columns(
        cents=(pl.col("amount") * 100).round(mode="half_away_from_zero")
    )
    returns = tables["returns"].filter(pl.col("known_at") == pl.col("returned_at"))
    customer = Decisions(spine, "customer_id")
    bought, returned = customer.past(orders), customer.past(returns)
    count = bought.count(MONTH)
    some = count.set(count == 0, None)
    return pl.DataFrame({
        "customer_orders_7d": bought.count(7 * 86400),
        "customer_mean_amount_30d": bought.total("cents", MONTH) / (some * 100),
        "customer_returns_30d": returned.count(MONTH),
    })
"""
#: Rows that came late have no window, in both.
PUNCTUAL = (
    ("AND o.time >= s.at - 2592000", "AND o.known_at - o.time < 86400"),
    ("AND r.returned_at >= s.at - 2592000", "AND r.known_at = r.returned_at"),
)


@pytest.fixture
def bulk_problem(problem: Problem) -> Problem:
    """The problem "shop" with a `features.py`."""
    path = problem.folder / "features.sql"
    text = path.read_text()
    for old, new in PUNCTUAL:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    (problem.folder / "features.py").write_text(FEATURES_PY)
    return problem


@pytest.fixture
def hard_lake(problem: Problem, lake: Lake, shop: tuple[pl.DataFrame, pl.DataFrame]) -> Lake:
    """A lake with orders of one second, late rows, outcomes at a decision, and new customers."""
    orders, returns = shop
    ties = orders.filter(pl.int_range(pl.len()) % 7 == 0)
    ties = ties.with_columns(
        order_id="tie" + pl.col("order_id"), time=pl.col("time").dt.truncate("6h")
    )
    at_once = orders.select("order_id", "customer_id", returned_at="time")
    at_once = at_once.filter(pl.int_range(pl.len()) % 11 == 0)
    at_once = at_once.join(returns, on="order_id", how="anti").select(returns.columns)
    late = returns.tail(20).with_columns(
        order_id="late" + pl.col("order_id"),
        returned_at=pl.col("returned_at") - timedelta(days=12),
    )
    new = orders.tail(5).with_columns(
        order_id="new" + pl.col("order_id"), customer_id="new" + pl.col("order_id")
    )
    day = (AS_OF - timedelta(days=1)).date()
    for frame, table, time, name in (
        (ties, "orders", "time", "ties"),
        (at_once, "returns", "returned_at", "at-once"),
    ):
        for (one,), rows in frame.group_by(pl.col(time).dt.date(), maintain_order=True):
            lake.append(problem.tables[table], make_batch(table, rows, one, suffix=f"-{name}"))
    lake.append(problem.tables["returns"], make_batch("returns", late, day, suffix="-late"))
    lake.append(problem.tables["orders"], make_batch("orders", new, day, suffix="-new"))
    return lake
