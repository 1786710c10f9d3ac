"""The features of a payment, as the generator makes them and the model takes them."""

from __future__ import annotations

from fraud_scoring.bundle import Feature

CHANNELS = ("app", "terminal", "web")
CATEGORIES = (
    "digital",
    "electronics",
    "fashion",
    "fuel",
    "gaming",
    "grocery",
    "restaurant",
    "travel",
)
CARDS = ("credit", "debit", "prepaid")
AUTHENTICATIONS = ("challenge", "contactless", "frictionless", "none", "pin")


def _number(
    name: str,
    description: str,
    unit: str = "",
    *,
    maximum: float | None = None,
    nullable: bool = False,
) -> Feature:
    return Feature(
        name=name,
        kind="numeric",
        minimum=0,
        maximum=maximum,
        nullable=nullable,
        description=description,
        unit=unit,
    )


def _choice(name: str, categories: tuple[str, ...], description: str) -> Feature:
    return Feature(
        name=name,
        kind="categorical",
        categories=categories,
        nullable=False,
        description=description,
    )


PAYMENT_FEATURES = (
    _number("amount", "amount of the payment", "EUR"),
    _number("hour", "local time of day", "h", maximum=24),
    _number("weekday", "0 = Monday", maximum=6),
    _choice("channel", CHANNELS, "where the card was used"),
    _choice("merchant_category", CATEGORIES, "what the merchant sells"),
    _number("merchant_age_days", "since the merchant was accepted", "days"),
    _number(
        "merchant_chargebacks",
        "frauds reported in the last 60 days per 1,000 payments, as known at midnight; "
        "missing with fewer than 20 payments",
        "per 1,000",
        nullable=True,
    ),
    _choice("card_type", CARDS, "kind of card"),
    _choice("authentication", AUTHENTICATIONS, "how the payer was authenticated"),
    _number("country_mismatch", "1 if card and merchant are from different countries", maximum=1),
    _number("account_age_days", "since the customer's account was opened", "days"),
    _number(
        "device_age_days",
        "since the device was first seen; missing at a terminal, and where it hides its identity",
        "days",
        nullable=True,
    ),
    _number("failed_attempts", "declined attempts with this card in the last hour"),
    _number(
        "minutes_since_payment",
        "since the customer's last payment; missing for the first",
        "min",
        nullable=True,
    ),
    _number("payments_24h", "earlier payments of the customer in the last 24 hours"),
    _number("spent_7d", "earlier payments of the customer in the last 7 days", "EUR"),
    _number(
        "amount_ratio",
        "amount over the customer's mean so far; missing with fewer than 3 earlier payments",
        nullable=True,
    ),
)
