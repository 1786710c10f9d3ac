"""The reference: what somebody writes who knows Polars well. polars_way.py FOLDER

The features of problems/payments, as they were known, from payments.parquet and reports.parquet.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

DAY = 86_400


def features(folder: Path, until: int) -> pl.DataFrame:
    """Features and targets of all payments whose label is final `until` a second."""
    payments = pl.read_parquet(folder / "payments.parquet").sort("customer_id", "time")
    reports = pl.read_parquet(folder / "reports.parquet")
    found = payments.with_columns(*customer_windows(payments))
    frauds = {key: counted(reports, key) for key in ("customer_id", "terminal_id")}
    found = found.sort("time")
    found = known(found, frauds["customer_id"], "customer_id", 30, "customer_frauds_30d")
    found = known(found, frauds["terminal_id"], "terminal_id", 7, "terminal_frauds_7d")
    found = known(found, frauds["terminal_id"], "terminal_id", 30, "terminal_frauds_30d")
    found = found.with_columns(day=pl.col("time") // DAY)
    found = found.join(terminal_days(payments), on=["terminal_id", "day"], how="left", maintain_order="left")
    target = pl.col("payment_id").is_in(reports["payment_id"].implode())
    return (
        found.lazy()
        .filter(pl.col("time") <= until)
        .select(
            "payment_id",
            "time",
            "amount",
            pl.col("channel").cast(pl.Enum(["chip", "contactless", "online"])).to_physical(),
            pl.col("card").cast(pl.Enum(["credit", "debit", "prepaid"])).to_physical(),
            "device_age_days",
            hour=pl.col("time") % DAY / 3600,
            weekday=(pl.col("day") + 3) % 7,
            customer_payments_1d="payments_1d",
            customer_payments_7d="payments_7d",
            customer_payments_30d="payments_30d",
            amount_ratio=pl.col("amount") * 100 * pl.col("payments_30d") / pl.col("cents_30d"),
            hours_since_payment=pl.col("since") / 3600,
            customer_frauds_30d="customer_frauds_30d",
            terminal_payments_30d=pl.col("payments_of_terminal").fill_null(0),
            terminal_frauds_7d="terminal_frauds_7d",
            terminal_fraud_share_30d=100 * pl.col("terminal_frauds_30d") / pl.col("payments_of_terminal"),
            target=target,
        )
        .sort("time", "payment_id")
        .collect()
    )


def customer_windows(payments: pl.DataFrame) -> list[pl.Series]:
    """Counts, cents and the last time of each customer's payments before this one, by rolling windows."""
    month = payments.rolling("time", period=f"{30 * DAY}i", closed="left", group_by="customer_id").agg(
        pl.len().alias("payments_30d"),
        (pl.col("amount") * 100).round().sum().alias("cents_30d"),
        pl.col("time").last().alias("last"),
    )
    counts = [
        payments.rolling("time", period=f"{days * DAY}i", closed="left", group_by="customer_id").agg(
            pl.len().alias(name)
        )[name]
        for days, name in ((1, "payments_1d"), (7, "payments_7d"))
    ]
    since = (payments["time"] - month["last"]).alias("since")
    cents = month["cents_30d"].replace(0, None)
    return [*counts, month["payments_30d"], cents, since]


def counted(reports: pl.DataFrame, key: str) -> pl.DataFrame:
    """How many frauds of each customer or terminal were known after each report."""
    ordered = reports.select(key, "reported_at").sort("reported_at")
    return ordered.with_columns(n=pl.int_range(1, pl.len() + 1).over(key))


def known(found: pl.DataFrame, frauds: pl.DataFrame, key: str, days: int, name: str) -> pl.DataFrame:
    """Add the frauds that became known in some days before each payment, by two as-of joins."""

    def before(shift: int, column: str) -> pl.Series:
        moments = found.select(key, at=pl.col("time") - shift)
        joined = moments.join_asof(
            frauds, left_on="at", right_on="reported_at", by=key, allow_exact_matches=False, check_sortedness=False
        )
        return joined["n"].fill_null(0).alias(column)

    return found.with_columns((before(0, "a") - before(days * DAY, "b")).alias(name))


def terminal_days(payments: pl.DataFrame) -> pl.DataFrame:
    """Payments of each terminal in the 30 whole days before each day on which it has one."""
    daily = payments.group_by("terminal_id", day=pl.col("time") // DAY).len().sort("terminal_id", "day")
    rolled = daily.rolling("day", period="30i", closed="left", group_by="terminal_id").agg(pl.col("len").sum())
    return rolled.rename({"len": "payments_of_terminal"}).with_columns(pl.col("payments_of_terminal").replace(0, None))
