"""Card payments with fraud, of which the true probability is known.

Real payment data cannot be published, and on real data nobody knows how good a model could be.
Here every label is drawn from a probability that is stored and that depends on the features only:
no model of these features can beat it, so its score on the same rows is an exact ceiling.

A fixed population of customers and merchants pays over `weeks` weeks with a daily and weekly
rhythm. Features look back in time only: at the customer's earlier payments, and at the frauds
that had been *reported* against the merchant by then, 1 to 7 days after they happened.
`docs/model-card.md` and `data/README.md` describe the features and what the generator leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from .history import Floats, History, Ints
from .population import Population
from .risk import base_logit, merchant_logit
from .schema import AUTHENTICATIONS, CARDS, CATEGORIES, CHANNELS, PAYMENT_FEATURES

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
DAY = 86_400
LABEL_DELAY_DAYS = 7
CHARGEBACK_WINDOW_DAYS = 60
CHARGEBACK_MIN_PAYMENTS = 20

Column = NDArray[np.generic]
Labels = NDArray[np.bool_]


@dataclass(frozen=True)
class Stream:
    """What to generate.

    Attributes:
        rows: number of payments.
        weeks: length of the period, starting at `START`.
        seed: seed of the payments; the population is the same for every seed.
        covariate_drift_week: from this week on people pay differently: more and larger online
            payments, more abroad. The risk of a given payment stays as it was.
        concept_drift_week: from this week on fraudsters behave differently: the same payment
            carries another risk.
    """

    rows: int = 120_000
    weeks: int = 26
    seed: int = 7
    covariate_drift_week: float | None = None
    concept_drift_week: float | None = None


@dataclass(frozen=True)
class Payments:
    """Generated payments in order of time; every array has one entry per payment.

    Attributes:
        time: seconds since `START`.
        features: by name in the order of `PAYMENT_FEATURES`; float64 (NaN = missing) or str.
        probability: true probability of fraud.
        fraud: whether it was one.
    """

    time: Ints
    features: dict[str, Column]
    probability: Floats
    fraud: Labels

    def __len__(self) -> int:
        return len(self.time)


def generate(stream: Stream) -> Payments:
    """Generate payments; the same `stream` gives the same payments.

    Raises:
        ValueError: there are no rows or weeks to generate.
    """
    if stream.rows < 1 or stream.weeks < 1:
        raise ValueError("rows and weeks must be at least 1")
    rng = np.random.default_rng(stream.seed)
    population = Population.draw(stream.weeks)
    customer, time = population.payments(stream.rows, stream.weeks, rng)
    drifted = _since(time, stream.covariate_drift_week)
    merchant = population.choose_merchants(drifted, rng)
    features = _describe(population, customer, merchant, time, drifted=drifted, rng=rng)
    logit = base_logit(features, _since(time, stream.concept_drift_week))
    chargebacks, probability, fraud = _draw_labels(logit, time // DAY, merchant, rng)
    features["merchant_chargebacks"] = chargebacks
    names = [feature.name for feature in PAYMENT_FEATURES]
    named = {name: _named(name, features[name]) for name in names}
    return Payments(time, named, probability, fraud)


def _since(time: Ints, week: float | None) -> Labels:
    if week is None:
        return np.zeros(len(time), dtype=bool)
    return time >= week * 7 * DAY


def _describe(
    population: Population,
    customer: Ints,
    merchant: Ints,
    time: Ints,
    *,
    drifted: Labels,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Every feature that needs no labels; categories as their index."""
    category = population.merchant_category[merchant]
    amount = population.amounts(customer, category, drifted, rng)
    account_age = np.round(time / DAY - population.opened_day[customer], 1)
    channel = population.channels(category, drifted, rng)
    online = channel != CHANNELS.index("terminal")
    history = History(customer, time)
    usual = history.mean(amount, at_least=3)
    return {
        "amount": amount,
        "hour": np.round(time % DAY / 3600, 2),
        "weekday": (time // DAY % 7).astype(np.float64),
        "channel": channel,
        "merchant_category": category,
        "merchant_age_days": np.floor(time / DAY + population.merchant_age[merchant]),
        "card_type": population.card[customer],
        "authentication": population.authentications(online, rng),
        "country_mismatch": population.mismatches(merchant, drifted, rng),
        "account_age_days": account_age,
        "device_age_days": population.device_ages(online, account_age, rng),
        "failed_attempts": np.minimum(rng.geometric(0.88, len(time)) - 1.0, 6.0),
        "minutes_since_payment": np.round(history.seconds_since_last() / 60, 1),
        "payments_24h": history.count(DAY),
        "spent_7d": np.round(history.total(amount, 7 * DAY), 2),
        "amount_ratio": np.round(amount / usual, 3),
    }


def _draw_labels(
    logit: Floats,
    day: Ints,
    merchant: Ints,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Labels]:
    """Draw labels day by day: today's risk depends on the frauds reported until last midnight.

    Returns:
        Reported frauds per 1,000 payments (NaN = too few payments), probability and label, [N].
    """
    days, merchants = int(day.max()) + 1, int(merchant.max()) + 1
    paid = np.zeros((days, merchants))
    reported = np.zeros((days + LABEL_DELAY_DAYS, merchants))
    chargebacks, probability = np.empty(len(day)), np.empty(len(day))
    fraud = np.zeros(len(day), dtype=bool)
    delay = rng.integers(1, LABEL_DELAY_DAYS + 1, len(day))
    uniform = rng.random(len(day))
    bounds = np.searchsorted(day, np.arange(days + 1))
    for today in range(days):
        rows = slice(bounds[today], bounds[today + 1])
        window = slice(max(today - CHARGEBACK_WINDOW_DAYS, 0), today)
        payments = paid[window].sum(axis=0)
        rate = 1000 * reported[window].sum(axis=0) / np.maximum(payments, 1)
        rate[payments < CHARGEBACK_MIN_PAYMENTS] = np.nan
        chargebacks[rows] = np.round(rate, 1)[merchant[rows]]
        probability[rows] = _sigmoid(logit[rows] + merchant_logit(chargebacks[rows]))
        fraud[rows] = uniform[rows] < probability[rows]
        paid[today] = np.bincount(merchant[rows], minlength=merchants)
        for later in range(1, LABEL_DELAY_DAYS + 1):
            due = merchant[rows][fraud[rows] & (delay[rows] == later)]
            reported[today + later] += np.bincount(due, minlength=merchants)
    return chargebacks, probability, fraud


def _sigmoid(logit: Floats) -> Floats:
    probability: Floats = 1 / (1 + np.exp(-logit))
    return probability


def _named(feature: str, values: Floats) -> Column:
    categories = {
        "channel": CHANNELS,
        "merchant_category": CATEGORIES,
        "card_type": CARDS,
        "authentication": AUTHENTICATIONS,
    }
    if feature not in categories:
        return values
    return np.array(categories[feature])[values.astype(np.int64)]
