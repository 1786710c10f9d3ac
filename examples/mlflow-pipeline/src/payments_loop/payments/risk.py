"""How likely a payment is a fraud: before and after the fraudsters change their ways.

The probability also depends on things that no feature shows: whether the terminal is breached (the
reports hint at it, days later), whether the customer pays more often than usual, and what the
customer usually spends. A score of features comes near the true probability and cannot reach it.
"""

from __future__ import annotations

import numpy as np

from .population import CHIP, CONTACTLESS, ONLINE, PREPAID, Floats, Labels, Payers

# Logit of a payment to which nothing below applies; chosen so that 2 to 3 % are frauds.
BEFORE = -5.3
AFTER = -6.6

NEW_DEVICE_DAYS = 2
KNOWN_DEVICE_DAYS = 30


def probability(payers: Payers, moved: float) -> Floats:
    """Return the true probability of fraud of each payment [N].

    Args:
        payers: the payments.
        moved: share of the fraudsters who have changed their ways, 0 to 1.
    """
    before = _sigmoid(_large_and_new(payers))
    after = _sigmoid(_small_and_often(payers))
    mixed: Floats = (1 - moved) * before + moved * after
    return mixed


def _large_and_new(payers: Payers) -> Floats:
    """Stolen cards: unusually large payments online, from a device never seen, at night."""
    hidden = np.isnan(payers.device_age) & (payers.channel != CHIP)
    logit: Floats = (
        BEFORE
        + 1.0 * np.clip(payers.unusual, -1.5, 2.5)
        + 1.0 * (payers.channel == ONLINE)
        + 1.6 * (payers.device_age < NEW_DEVICE_DAYS)
        + 0.7 * hidden
        + 0.8 * ~_within(payers, 6, 22)
        + 0.8 * (payers.card == PREPAID)
        + 2.4 * payers.breached
    )
    return logit


def _small_and_often(payers: Payers) -> Floats:
    """Accounts taken over: many small payments, by day, from devices known for long."""
    logit: Floats = (
        AFTER
        - 0.9 * np.clip(payers.unusual, -2.0, 1.5)
        + 0.6 * (payers.channel == CONTACTLESS)
        + 0.6 * (payers.channel == ONLINE)
        + 0.9 * (payers.device_age > KNOWN_DEVICE_DAYS)
        + 0.5 * _within(payers, 8, 18)
        + 0.8 * (payers.card == PREPAID)
        + 2.1 * payers.on_spree
        + 2.2 * payers.breached
    )
    return logit


def _within(payers: Payers, first: int, end: int) -> Labels:
    """Whether first <= hour < end."""
    within: Labels = (payers.second >= first * 3600) & (payers.second < end * 3600)
    return within


def _sigmoid(logit: Floats) -> Floats:
    value: Floats = 1 / (1 + np.exp(-logit))
    return value
