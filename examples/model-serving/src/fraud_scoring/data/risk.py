"""The true risk of a payment: what fraudsters do, as a formula over the features.

It has thresholds, interactions and missing values that mean something, as fraud has; a model that
adds up the features one by one cannot express them all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .history import Floats
from .schema import AUTHENTICATIONS, CARDS, CATEGORIES, CHANNELS

BASE = -5.2
TEST_AMOUNT = 8  # EUR: stolen cards are tried out on small sums
BURST = 3  # payments in a day
NEW_DEVICE_DAYS = 3

# In the order of the names in `schema`.
CATEGORY = np.array([0.5, 0.6, 0.0, -0.5, 0.8, -0.6, -0.4, 0.3])
CATEGORY_AFTER_DRIFT = np.array([-0.6, -0.3, 1.2, 0.3, -0.6, 0.5, 0.4, -0.2])
CARD = np.array([0.0, -0.2, 0.5])
AUTHENTICATION = np.array([-0.8, 0.2, 0.2, 0.3, -0.8])
AUTHENTICATION_AFTER_DRIFT = np.array([0.9, 0.3, 0.2, -0.3, -0.8])


def base_logit(features: dict[str, Floats], drifted: NDArray[np.bool_]) -> Floats:
    """Log odds of fraud [N] before the merchant's record; categories come as their index."""
    category = features["merchant_category"].astype(np.int64)
    card = features["card_type"].astype(np.int64)
    authentication = features["authentication"].astype(np.int64)
    online = features["channel"] != CHANNELS.index("terminal")
    unauthenticated = authentication == AUTHENTICATIONS.index("none")
    resaleable = np.isin(category, [CATEGORIES.index("digital"), CATEGORIES.index("gaming")])
    logit: Floats = (
        BASE
        + np.where(drifted, CATEGORY_AFTER_DRIFT[category], CATEGORY[category])
        + np.where(
            drifted,
            AUTHENTICATION_AFTER_DRIFT[authentication],
            AUTHENTICATION[authentication],
        )
        + CARD[card]
        + 1.6 * (resaleable & (card == CARDS.index("prepaid")))
        + features["country_mismatch"] * (0.2 + 1.5 * unauthenticated)
        + _amount(features, exposed=online & unauthenticated)
        + 1.6 * online * _night(features["hour"])
        + _account(features, online)
        + _behaviour(features, online)
    )
    return logit


def merchant_logit(chargebacks: Floats) -> Floats:
    """What reported frauds per 1,000 payments of the merchant [N] add; nothing when unknown."""
    added: Floats = 0.6 * np.log1p(np.nan_to_num(chargebacks) / 20)
    return added


def _amount(features: dict[str, Floats], exposed: NDArray[np.bool_]) -> Floats:
    """Large sums are worth stealing where nobody authenticates, or from a new device.

    Anywhere else they are mostly honest: people who buy a fridge.
    """
    new_device = np.nan_to_num(features["device_age_days"], nan=np.inf) < NEW_DEVICE_DAYS
    size = np.clip(np.log(features["amount"] / 30), -1, 3)
    risk: Floats = size * np.where(exposed | new_device, 0.9, -0.15)
    return risk


def _night(hour: Floats) -> Floats:
    """1 at half past three in the morning, close to 0 from nine o'clock."""
    night: Floats = np.exp(-(((hour - 3.5) / 2.5) ** 2))
    return night


def _account(features: dict[str, Floats], online: NDArray[np.bool_]) -> Floats:
    """New accounts and new or hidden devices."""
    device = features["device_age_days"]
    hidden = online & np.isnan(device)
    new_device = np.exp(-np.nan_to_num(device, nan=np.inf) / 5)
    new_account = np.exp(-features["account_age_days"] / 25)
    risk: Floats = 1.0 * new_account + 0.7 * new_device + 0.7 * hidden
    return risk


def _behaviour(features: dict[str, Floats], online: NDArray[np.bool_]) -> Floats:
    """Card testing, bursts, unusual amounts, guessing."""
    burst = features["payments_24h"]
    testing = online & (features["amount"] < TEST_AMOUNT) & (burst >= 1)
    unusual = np.clip(np.log(np.nan_to_num(features["amount_ratio"], nan=1.0) / 2), 0, 2)
    new_device = np.nan_to_num(features["device_age_days"], nan=np.inf) < NEW_DEVICE_DAYS
    first = np.isnan(features["minutes_since_payment"])
    risk: Floats = (
        2.2 * testing
        + 0.9 * (burst >= BURST)
        + unusual * (0.2 + 1.4 * new_device)
        + 0.5 * first
        + 0.6 * features["failed_attempts"]
    )
    return risk
