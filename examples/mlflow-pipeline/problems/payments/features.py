"""`features.sql` for many decisions at once; every run compares some of them with the SQL."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from payments_loop.features.past import Decisions

DAY = 86_400
LATE = 14 * DAY


def features(spine: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Compute a row for each row of the spine, in its order; the columns of `features.sql`."""
    at, day, known = pl.col("at"), pl.col("day"), pl.col("known_at")
    cents = (pl.col("amount") * 100).round(mode="half_away_from_zero").cast(pl.Int64)
    payments = tables["payments"].lazy().filter(known - pl.col("time") <= LATE)
    payments = payments.select("customer_id", "terminal_id", known, cents=cents, day=known // DAY)
    reports = tables["reports"].filter(known - pl.col("reported_at") <= LATE)
    spine = spine.with_columns(day=at // DAY)
    paid = payments.collect()
    by_customer, by_terminal = (Decisions(spine, by) for by in ("customer_id", "terminal_id"))
    customer, customer_frauds = by_customer.past(paid), by_customer.past(reports)
    terminal_frauds = by_terminal.past(reports)
    terminal = by_terminal.past(paid, now="day", known="day")
    found = spine.select("amount", "at", "day").with_columns(
        payments=customer.count(30 * DAY),
        cents=customer.total("cents", 30 * DAY),
        at_terminal=terminal.count(30),
        frauds=terminal_frauds.count(30 * DAY),
    )
    some = pl.when(pl.col("payments") > 0).then("payments")
    return found.select(
        hour=hours(spine["at"] % DAY),
        weekday=(day + 3) % 7,
        customer_payments_1d=customer.count(DAY),
        customer_payments_7d=customer.count(7 * DAY),
        customer_payments_30d="payments",
        amount_ratio=pl.col("amount") * 100 * some / pl.col("cents"),
        hours_since_payment=hours(customer.since(30 * DAY)),
        customer_frauds_30d=customer_frauds.count(30 * DAY),
        terminal_payments_30d="at_terminal",
        terminal_frauds_7d=terminal_frauds.count(7 * DAY),
        terminal_fraud_share_30d=100
        * pl.col("frauds")
        / pl.when(pl.col("at_terminal") > 0).then("at_terminal"),
    )


def hours(seconds: pl.Series) -> pl.Series:
    """Divide; Polars would multiply by the inverse, which gives another last bit now and then."""
    return pl.Series(seconds.to_numpy() / 3600)
