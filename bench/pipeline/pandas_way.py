"""The pandas way: rolling windows per customer, merge_asof, as tutorials have it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DAY = 86_400


def features(folder: Path, until: int) -> pd.DataFrame:
    """Features and targets of all payments whose label is final `until` a second."""
    found = pd.read_parquet(folder / "payments.parquet")
    reports = pd.read_parquet(folder / "reports.parquet")
    found["at"] = pd.to_datetime(found["time"], unit="s")
    found = found.sort_values(["customer_id", "at"], ignore_index=True)
    found["cents"] = (found["amount"] * 100).round()
    by_customer = found.set_index("at").groupby("customer_id", sort=True)
    for days in (1, 7, 30):
        rolled = by_customer["cents"].rolling(f"{days}D", closed="left")
        found[f"customer_payments_{days}d"] = rolled.count().fillna(0).to_numpy()
    cents = by_customer["cents"].rolling("30D", closed="left").sum().to_numpy()
    found["amount_ratio"] = (found["amount"] * 100 * found["customer_payments_30d"] / cents).where(
        found["customer_payments_30d"] > 0
    )
    last = by_customer["time"].rolling("30D", closed="left").max().to_numpy()
    found["hours_since_payment"] = (found["time"] - last) / 3600
    found["day"] = found["time"] // DAY
    found = found.merge(terminal_days(found), on=["terminal_id", "day"], how="left")
    found = found.sort_values("time", ignore_index=True)
    found["customer_frauds_30d"] = known(found, reports, "customer_id", 30)
    found["terminal_frauds_7d"] = known(found, reports, "terminal_id", 7)
    frauds = known(found, reports, "terminal_id", 30)
    found["terminal_fraud_share_30d"] = (
        100 * frauds / found["terminal_payments_30d"].where(found["terminal_payments_30d"] > 0)
    )
    found["terminal_payments_30d"] = found["terminal_payments_30d"].fillna(0)
    found["hour"] = found["time"] % DAY / 3600
    found["weekday"] = (found["day"] + 3) % 7
    for column, names in (("channel", ["chip", "contactless", "online"]), ("card", ["credit", "debit", "prepaid"])):
        found[column] = pd.Categorical(found[column], names).codes
    found["target"] = found["payment_id"].isin(reports["payment_id"])
    return found[found["time"] <= until].sort_values(["time", "payment_id"], ignore_index=True)


def known(found: pd.DataFrame, reports: pd.DataFrame, key: str, days: int) -> pd.Series:
    """Frauds that became known in some days before each payment."""
    ordered = reports[[key, "reported_at"]].sort_values("reported_at")
    ordered["n"] = ordered.groupby(key).cumcount() + 1

    def before(shift: int) -> pd.Series:
        moments = found[[key]].assign(at=found["time"] - shift)
        return pd.merge_asof(moments, ordered, left_on="at", right_on="reported_at", by=key, allow_exact_matches=False)[
            "n"
        ].fillna(0)

    return before(0) - before(days * DAY)


def terminal_days(found: pd.DataFrame) -> pd.DataFrame:
    """Payments of each terminal in the 30 whole days before each day on which it has one."""
    daily = found.groupby(["terminal_id", "day"]).size().rename("payments").reset_index()
    daily["at"] = pd.to_datetime(daily["day"], unit="D")
    rolled = daily.set_index("at").groupby("terminal_id")["payments"].rolling("30D", closed="left").sum()
    return daily[["terminal_id", "day"]].assign(terminal_payments_30d=rolled.to_numpy())
