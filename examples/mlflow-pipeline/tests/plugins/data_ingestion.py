"""A tiny problem, "shop", and a lake with sixty days of it, for every test that needs data."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from payments_loop.lake import Batch, Lake, checks, digest
from payments_loop.problem import Problem
from payments_loop.problem.load import read_problem

START = date(2026, 1, 1)
DAYS = 60
PER_DAY = 40
AS_OF = datetime(2026, 3, 2, tzinfo=UTC)

PROBLEM = """
title = "Returns of a small shop"
question = "Will this order be returned within ten days?"
lookback_days = 30

[tables.orders]
key = ["order_id"]
event_time = "time"
arrives_within_hours = 30
freshness_hours = 30
source = { kind = "files", path = "inbox/orders/*.csv" }
entities = ["customer_id"]
[tables.orders.columns]
order_id = { type = "string" }
time = { type = "datetime" }
customer_id = { type = "string" }
amount = { type = "float", minimum = 1, maximum = 5000, unit = "EUR" }
channel = { type = "string", values = ["app", "shop", "web"] }
rating = { type = "float", nullable = true, minimum = 0, maximum = 5 }
true_probability = { type = "float", nullable = true, hidden = true }

[tables.returns]
key = ["order_id"]
event_time = "returned_at"
arrives_within_hours = 30
source = { kind = "files", path = "inbox/returns/*.csv" }
entities = ["customer_id"]
[tables.returns.columns]
order_id = { type = "string" }
returned_at = { type = "datetime" }
customer_id = { type = "string" }

[spine]
entities = ["customer_id"]
request = ["amount", "channel", "rating"]
amount = "amount"
truth = "true_probability"
table = "orders"

[target]
name = "returned"
maturity_days = 10
decisions = ["ship", "call"]

[costs]
review = 4.0
fee = 10.0
caught = 0.8
currency = "EUR"

[features.amount]
minimum = 0
nullable = false
unit = "EUR"
[features.channel]
kind = "categorical"
categories = ["app", "shop", "web"]
nullable = false
[features.rating]
[features.customer_orders_7d]
[features.customer_mean_amount_30d]
unit = "EUR"
[features.customer_returns_30d]
description = "returns that were known when the order was placed"

[slices]
columns = ["channel"]
"""

SPINE_SQL = """
SELECT o.order_id AS row_id, o.time AS at, o.customer_id, o.amount, o.channel, o.rating
FROM orders o
CROSS JOIN period
WHERE o.time >= period.start AND o.time < period.stop
"""

# Cents are summed as integers: sums of doubles depend on the order of addition.
FEATURES_SQL = """
WITH bought AS (
    SELECT
        s.row_id,
        COUNT(CASE WHEN o.known_at >= s.at - 604800 THEN 1 END) AS orders_7d,
        COUNT(*) AS orders_30d,
        SUM(CAST(ROUND(o.amount * 100) AS BIGINT)) AS cents_30d
    FROM spine s
    JOIN orders o
        ON o.customer_id = s.customer_id
        AND o.known_at < s.at
        AND o.known_at >= s.at - 2592000
        AND o.time >= s.at - 2592000
    GROUP BY s.row_id
),
returned AS (
    SELECT s.row_id, COUNT(*) AS returns_30d
    FROM spine s
    JOIN returns r
        ON r.customer_id = s.customer_id
        AND r.known_at < s.at
        AND r.known_at >= s.at - 2592000
        AND r.returned_at >= s.at - 2592000
    GROUP BY s.row_id
)
SELECT
    s.row_id,
    COALESCE(b.orders_7d, 0) AS customer_orders_7d,
    CAST(b.cents_30d AS DOUBLE) / (b.orders_30d * 1e2) AS customer_mean_amount_30d,
    COALESCE(r.returns_30d, 0) AS customer_returns_30d
FROM spine s
LEFT JOIN bought b ON b.row_id = s.row_id
LEFT JOIN returned r ON r.row_id = s.row_id
"""

LABELS_SQL = """
SELECT
    s.row_id,
    CASE WHEN r.order_id IS NULL THEN 0 ELSE 1 END AS target,
    s.at + 10 * 86400 AS known_at
FROM spine s
LEFT JOIN returns r
    ON r.order_id = s.row_id AND r.known_at <= s.at + 10 * 86400
"""


def write_problem(root: Path) -> Path:
    """Write the problem folder below `root`, and return it."""
    folder = root / "problems" / "shop"
    folder.mkdir(parents=True)
    (folder / "problem.toml").write_text(PROBLEM, encoding="utf-8")
    for name, sql in (("spine", SPINE_SQL), ("features", FEATURES_SQL), ("labels", LABELS_SQL)):
        (folder / f"{name}.sql").write_text(sql.lstrip(), encoding="utf-8")
    return folder


def make_shop(
    days: int = DAYS,
    per_day: int = PER_DAY,
    seed: int = 7,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make orders and their returns, at whole seconds, in the schemas of the problem.

    Every customer has a tendency to return, so that his known returns say something about him.
    """
    random = np.random.default_rng(seed)
    count = days * per_day
    tendency = random.normal(0, 1.2, 60)
    customer = random.integers(0, len(tendency), count)
    channel = random.integers(0, 3, count)
    amount = np.round(np.clip(random.lognormal(3.8, 0.7, count), 1, 5000), 2)
    rating = np.where(random.random(count) < 0.2, np.nan, np.round(random.uniform(1, 5, count), 1))
    logit = -2.3 + tendency[customer] + 0.9 * (channel == 2) + 0.6 * np.log(amount / 45)
    probability = 1 / (1 + np.exp(-logit - 0.4 * (3 - np.nan_to_num(rating, nan=3))))
    second = np.repeat(np.arange(days) * 86400, per_day)
    second = second + np.sort(random.integers(0, 86400, (days, per_day)), axis=1).ravel()
    start = datetime.combine(START, datetime.min.time(), UTC)
    utc = pl.Datetime("us", "UTC")
    orders = pl.DataFrame(
        {
            "order_id": [f"o{number:06d}" for number in range(count)],
            "time": start + pl.Series(second * 1_000_000).cast(pl.Duration("us")),
            "customer_id": [f"c{number:02d}" for number in customer],
            "amount": amount,
            "channel": np.array(["app", "shop", "web"])[channel],
            "rating": pl.Series(rating, nan_to_null=True),
            "true_probability": probability,
        }
    ).cast({"time": utc})
    delay = np.ceil(np.clip(random.gamma(4, 1.0, count), 0.1, 25) * 86400).astype(np.int64)
    is_returned = random.random(count) < probability
    returns = (
        orders.select(
            "order_id",
            (pl.col("time") + pl.Series(delay * 1_000_000).cast(pl.Duration("us"))).alias(
                "returned_at"
            ),
            "customer_id",
        )
        .filter(pl.Series(is_returned))
        .sort("returned_at", "order_id")
        .cast({"returned_at": utc})
    )
    return orders, returns


def make_batch(table: str, frame: pl.DataFrame, day: date, *, suffix: str = "") -> Batch:
    """Make the batch of a day, which arrived at the next midnight."""
    arrived = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    return Batch(f"{table}-{day}{suffix}", table, frame, arrived, digest.of(frame))


def daily(table: str, frame: pl.DataFrame, time: str, days: int = DAYS) -> Iterator[Batch]:
    """Cut rows into the batches of `days` days, the empty ones too."""
    for number in range(days):
        day = START + timedelta(days=number)
        yield make_batch(table, frame.filter(pl.col(time).dt.date() == day), day)


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the problem, and a lake that has taken sixty days; do not write to it."""
    root = tmp_path_factory.mktemp("shop")
    problem = read_problem(write_problem(root))
    lake = Lake(str(root / "data" / "lake"))
    orders, returns = make_shop()
    for batch in daily("orders", orders, "time"):
        lake.append(problem.tables["orders"], batch)
    for batch in daily("returns", returns, "returned_at"):
        lake.append(problem.tables["returns"], batch)
    return root


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    """The problem "shop", in a folder of its own below `tmp_path`."""
    return read_problem(write_problem(tmp_path))


@pytest.fixture
def lake(shop_folder: Path, tmp_path: Path) -> Lake:
    """A lake with sixty days of orders and returns, free to change; `tmp_path/data/lake`."""
    shutil.copytree(shop_folder / "data" / "lake", tmp_path / "data" / "lake")
    return Lake(str(tmp_path / "data" / "lake"))


@pytest.fixture
def empty_lake(tmp_path: Path) -> Lake:
    """A lake that nothing was put into."""
    return Lake(str(tmp_path / "data" / "empty"))


@pytest.fixture(scope="session")
def shop() -> tuple[pl.DataFrame, pl.DataFrame]:
    """All orders and all returns of the problem "shop"."""
    return make_shop()


@pytest.fixture
def no_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the schema is checked, whatever checks other components bring."""
    monkeypatch.setattr(checks, "__path__", [])


@pytest.fixture
def as_of() -> datetime:
    """The end of the sixty days."""
    return AS_OF
