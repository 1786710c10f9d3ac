"""A problem whose features are those of the tiny model, and a lake with three days of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from payments_loop.lake import Batch, Lake, conform, digest
from payments_loop.problem.load import read_problem

PROBLEM = """
title = "Payments for the tiny model"
question = "Is this payment fraud?"
lookback_days = 30

[tables.payments]
key = ["payment_id"]
event_time = "time"
source = { kind = "files", path = "inbox/*.csv" }
entities = ["customer_id"]
[tables.payments.columns]
payment_id = { type = "string" }
time = { type = "datetime" }
customer_id = { type = "string" }
amount = { type = "float", minimum = 0, maximum = 10000, unit = "EUR" }
channel = { type = "string", values = ["app", "terminal", "web"] }
visits = { type = "integer", nullable = true, minimum = 0 }

[spine]
entities = ["customer_id"]
request = ["amount", "channel", "visits"]
amount = "amount"
table = "payments"

[target]
name = "fraud"
maturity_days = 10

[costs]
review = 4.0
fee = 10.0

[features.amount]
minimum = 0
[features.age_days]
[features.channel]
kind = "categorical"
categories = ["app", "terminal", "web"]
nullable = false
"""
SPINE = """
SELECT p.payment_id AS row_id, p.time AS at, p.customer_id, p.amount, p.channel, p.visits
FROM payments p
CROSS JOIN period
WHERE p.time >= period.start AND p.time < period.stop
"""
FEATURES = """
SELECT s.row_id, CAST(MAX(s.at) - MIN(p.time) AS DOUBLE) / 86400e0 AS age_days
FROM spine s
LEFT JOIN payments p
    ON p.customer_id = s.customer_id
    AND p.known_at < s.at
    AND p.known_at >= s.at - 30 * 86400
GROUP BY s.row_id
"""
LABELS = "SELECT s.row_id, 0 AS target, s.at + 864000 AS known_at FROM spine s"


def write_payments(root: Path, *, now: datetime) -> None:
    """Write problem and lake below `root`: six payments of customer `known` until an hour ago."""
    folder = root / "problems" / "tiny"
    folder.mkdir(parents=True)
    (folder / "problem.toml").write_text(PROBLEM)
    for name, sql in (("spine", SPINE), ("features", FEATURES), ("labels", LABELS)):
        (folder / f"{name}.sql").write_text(sql)
    table = read_problem(folder).tables["payments"]
    rows = [
        {
            "payment_id": f"p{hours}",
            "time": now - timedelta(hours=hours),
            "customer_id": "known",
            "amount": 10.0 + hours,
            "channel": "web",
            "visits": 1,
        }
        for hours in (60, 48, 36, 24, 12, 1)
    ]
    frame, _ = conform(pl.DataFrame(rows), table)
    lake = Lake(str(root / "data" / "lake"))
    lake.append(table, Batch("first", "payments", frame, now, digest.of(frame)))


def service_environment(folder: Path) -> Mapping[str, str]:
    """Settings of a service that finds the tiny problem and its lake."""
    write_payments(folder, now=datetime.now(UTC))
    return {"APP_FEATURES_ROOT": str(folder)}
