"""`features.sql` for many decisions at once; every run compares some of them with the SQL."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from my_project.features.past import Past

DAY = 86_400
LATE = 14 * DAY


def features(spine: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Compute a row for each row of the spine, in its order; the columns of `features.sql`."""
    day = pl.col("day")
    at = pl.col("at")
    spine = spine.with_columns(day=at // DAY)
    cents = (pl.col("amount") * 100).round(mode="half_away_from_zero").cast(pl.Int64)
    payments = tables["payments"].filter(pl.col("known_at") - pl.col("time") <= LATE)
    payments = payments.with_columns(cents=cents, day=pl.col("known_at") // DAY)
    reports = tables["reports"].filter(pl.col("known_at") - pl.col("reported_at") <= LATE)
    customer = Past(spine, payments, "customer_id")
    customer_frauds = Past(spine, reports, "customer_id")
    terminal = Past(spine, payments, "terminal_id", now="day", known="day")
    terminal_frauds = Past(spine, reports, "terminal_id")
    found = spine.select("amount", "at", "day").with_columns(
        payments=customer.count(30 * DAY),
        cents=customer.total("cents", 30 * DAY),
        since=customer.since(30 * DAY),
        at_terminal=terminal.count(30),
        frauds=terminal_frauds.count(30 * DAY),
    )
    paid = pl.when(pl.col("payments") > 0).then("payments")
    return found.select(
        hour=(at % DAY) / 3600,
        weekday=(day + 3) % 7,
        customer_payments_1d=customer.count(DAY),
        customer_payments_7d=customer.count(7 * DAY),
        customer_payments_30d="payments",
        amount_ratio=pl.col("amount") * 100 * paid / pl.col("cents"),
        hours_since_payment=pl.col("since") / 3600,
        customer_frauds_30d=customer_frauds.count(30 * DAY),
        terminal_payments_30d="at_terminal",
        terminal_frauds_7d=terminal_frauds.count(7 * DAY),
        terminal_fraud_share_30d=100
        * pl.col("frauds")
        / pl.when(pl.col("at_terminal") > 0).then("at_terminal"),
    )
