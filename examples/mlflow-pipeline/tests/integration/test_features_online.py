"""Online features are those of the batch, to the last bit, whatever was recorded in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from payments_loop.features import FeatureError, Online, build, matrix
from payments_loop.features.errors import HistoryError
from payments_loop.lake import Lake
from payments_loop.problem import Problem

DAY = timedelta(days=1)
Shop = tuple[pl.DataFrame, pl.DataFrame]


@pytest.fixture
def online(problem: Problem, lake: Lake, as_of: datetime) -> Iterator[Online]:
    """Features with the history up to one day before the end."""
    with Online(problem) as found:
        found.refresh(lake, as_of - DAY)
        yield found


def today(shop: Shop, as_of: datetime) -> pl.DataFrame:
    """The orders of the last day, as the spine has them."""
    orders = shop[0].filter(pl.col("time") >= as_of - DAY)
    return orders.with_columns(row_id="order_id", at="time").sort("at", "row_id")


def test_a_day_live_is_that_day_in_batch(
    problem: Problem, lake: Lake, online: Online, shop: Shop, as_of: datetime
) -> None:
    batch = build(problem, lake, start=as_of - DAY, end=as_of, as_of=as_of)
    returns = shop[1].filter(pl.col("returned_at").is_between(as_of - DAY, as_of))
    events = [("returns", row["returned_at"], row) for row in returns.to_dicts()]
    events += [("orders", row["time"], row) for row in today(shop, as_of).to_dicts()]
    live = []
    for table, _, row in sorted(events, key=lambda event: event[1]):
        if table == "orders":
            live.append(online.features([row]))
        assert online.record(table, [row]) == 1
    expected = matrix(batch, problem.bundle_features())
    assert np.concatenate(live).tobytes() == expected.tobytes()
    assert len(events) > len(live) == 40


def test_many_rows_at_once_keep_their_order(online: Online, shop: Shop, as_of: datetime) -> None:
    rows = today(shop, as_of).reverse().to_dicts()
    together = online.frame(rows)
    assert together["row_id"].to_list() == [row["row_id"] for row in rows]
    alone = pl.concat([online.frame([row]) for row in rows])
    assert together.equals(alone)


def test_the_lake_replaces_what_was_recorded(
    lake: Lake, online: Online, shop: Shop, as_of: datetime
) -> None:
    rows = today(shop, as_of).to_dicts()
    assert online.record("orders", rows) == 40
    assert online.record("orders", rows) == 0
    extra = rows[0] | {"order_id": "not in the lake"}
    assert online.record("orders", [extra]) == 1
    one = {"customer_id": rows[0]["customer_id"], "amount": 1.0, "channel": "web", "at": as_of}
    before = online.frame([one])["customer_orders_7d"].item()
    online.refresh(lake, as_of)
    assert online.frame([one])["customer_orders_7d"].item() == before
    assert online.record("orders", rows) == 0
    online.refresh(lake, as_of + 40 * DAY)
    later = one | {"at": as_of + 40 * DAY}
    assert online.frame([later])["customer_orders_7d"].item() == 0


def test_somebody_new_has_no_history(online: Online, as_of: datetime) -> None:
    frame = online.frame([{"customer_id": "new", "amount": 1, "channel": "web", "at": as_of}])
    assert frame["customer_orders_7d"].item() == 0
    assert frame["customer_mean_amount_30d"].item() is None
    assert frame["row_id"].item()
    assert np.isnan(
        online.features([{"customer_id": "new", "amount": 1, "channel": "web", "at": as_of}])
    ).any()


@pytest.mark.parametrize("days", [-3, 30])
def test_a_time_without_history_is_refused(online: Online, as_of: datetime, days: int) -> None:
    row = {"customer_id": "c01", "amount": 1.0, "channel": "web", "at": as_of + days * DAY}
    with pytest.raises(HistoryError, match="there is history for decisions from"):
        online.frame([row])


def test_nothing_is_computed_without_a_history(problem: Problem, as_of: datetime) -> None:
    with Online(problem) as online, pytest.raises(HistoryError, match="call refresh"):
        online.frame([{"customer_id": "c01", "amount": 1.0, "channel": "web", "at": as_of}])


def test_rows_that_do_not_fit_are_refused(online: Online, as_of: datetime) -> None:
    row = {"customer_id": "c01", "amount": 1.0, "channel": "web", "at": as_of}
    with pytest.raises(FeatureError, match="time zone"):
        online.frame([row | {"at": as_of.replace(tzinfo=None)}])
    with pytest.raises(FeatureError, match="does not fit the spine"):
        online.frame([row | {"amount": "much"}])
    with pytest.raises(FeatureError, match="amount: 1 of 1 values are not"):
        online.features([row | {"amount": None}])
    with pytest.raises(FeatureError, match="no table 'sales'; there are orders, returns"):
        online.record("sales", [row])
    with pytest.raises(FeatureError, match=r"orders\.order_id: is missing"):
        online.record("orders", [row])
    with pytest.raises(FeatureError, match="does not fit orders"):
        online.record("orders", [row | {"order_id": "x", "time": as_of, "amount": "much"}])
    with pytest.raises(FeatureError, match="row_id is null, or gives a row twice"):
        online.frame([row | {"row_id": "x"}, row | {"row_id": "x"}])


def test_wrong_sql_is_explained(problem: Problem, lake: Lake, as_of: datetime) -> None:
    (problem.folder / "features.sql").write_text("SELECT nothing FROM spine")
    with Online(problem) as online:
        online.refresh(lake, as_of)
        with pytest.raises(FeatureError, match=r"shop/features.sql: .*nothing"):
            online.frame([{"customer_id": "c", "amount": 1.0, "channel": "web", "at": as_of}])
