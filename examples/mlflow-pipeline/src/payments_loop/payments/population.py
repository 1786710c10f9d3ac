"""Who pays, where, when and how: the part of the world that knows nothing of fraud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.bool_]

CHANNELS = ("chip", "contactless", "online")
CHIP, CONTACTLESS, ONLINE = range(3)
CARDS = ("credit", "debit", "prepaid")
PREPAID = 2

# Relative number of payments per hour of the day and per day of the week from Monday.
HOURLY = np.array(
    [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 12, 14, 12, 10, 10, 12, 15, 17, 16, 13, 10, 7, 4]
)
DAILY = np.array([0.92, 0.92, 0.97, 1.0, 1.12, 1.2, 0.87])

CUSTOMERS_PER_DAILY_PAYMENT = 3.0
TERMINALS_PER_DAILY_PAYMENT = 0.2
SHOP_SHARE = 0.3  # of the terminals are web shops

CONTACTLESS_SHARE = 0.6  # of the payments at a terminal
MEDIAN_AMOUNT = 28.0
CHANNEL_AMOUNT = np.array([0.2, -0.7, 0.4])  # added to the logarithm
AMOUNT_NOISE = 0.75
MAXIMUM_AMOUNT = 20_000.0

SPREE_DAYS = 2  # a customer who is on a spree pays SPREE_FACTOR times as often
SPREE_SHARE = 0.05
SPREE_FACTOR = 6.0
BREACH_DAYS = 28  # how long the card data that a terminal takes are stolen
BREACH_SHARE = 0.07
NEW_DEVICE_SHARE = 0.08
HIDDEN_DEVICE_SHARE = 0.08

# What the marketplace changes (covariate drift).
JOINED_ONLINE = 1.25  # added to the logit of the share of online payments
JOINED_AMOUNT = 0.6  # added to the logarithm of online amounts


@dataclass(frozen=True)
class Payers:
    """Payments of one day in order of time; one entry per payment.

    Attributes:
        second: of the day.
        customer: number.
        terminal: number.
        channel: index in `CHANNELS`.
        card: index in `CARDS`.
        amount: EUR.
        unusual: logarithm of the amount over what this customer usually spends in this channel.
        device_age: days; NaN = no device, or hidden.
        on_spree: the customer pays more often than usual these days.
        breached: card data are stolen at the terminal these weeks.
    """

    second: Ints
    customer: Ints
    terminal: Ints
    channel: Ints
    card: Ints
    amount: Floats
    unusual: Floats
    device_age: Floats
    on_spree: Labels
    breached: Labels


@dataclass(frozen=True)
class Population:
    """Customers and terminals of one seed; arrays have one entry per customer or terminal."""

    seed: int
    activity: Floats
    spending: Floats
    online: Floats
    card: Ints
    device_days: Floats
    device_phase: Floats
    shops: int
    popularity: Floats
    breach_phase: Ints

    @classmethod
    def draw(cls, seed: int, per_day: int) -> Self:
        """Draw as many customers and terminals as make `per_day` payments a day."""
        rng = np.random.default_rng([seed, 2])
        customers = max(round(per_day * CUSTOMERS_PER_DAILY_PAYMENT), 20)
        terminals = max(round(per_day * TERMINALS_PER_DAILY_PAYMENT), 10)
        return cls(
            seed=seed,
            activity=rng.gamma(1.5, 1, customers),
            spending=rng.normal(0, 0.5, customers),
            online=rng.normal(-0.9, 0.8, customers),
            card=rng.choice(len(CARDS), customers, p=[0.35, 0.53, 0.12]),
            device_days=rng.uniform(60, 900, customers),
            device_phase=rng.uniform(0, 900, customers),
            shops=max(round(terminals * SHOP_SHARE), 3),
            popularity=rng.gamma(2, 1, terminals),
            breach_phase=rng.integers(0, BREACH_DAYS, terminals),
        )

    def pay(
        self, day: int, weekday: int, per_day: int, *, joined: bool
    ) -> tuple[Payers, np.random.Generator]:
        """Draw the payments of a day, and return the random generator for what follows.

        Args:
            day: number of the day, from 0.
            weekday: 0 = Monday.
            per_day: payments on an average day.
            joined: the marketplace has joined.
        """
        rng = np.random.default_rng([self.seed, 3, day])
        rows = int(rng.poisson(per_day * DAILY[weekday]))
        second = np.sort(_pick(np.repeat(HOURLY, 3600), rng.random(rows)))
        spree = self._on_spree(day)
        customer = _pick(self.activity * np.where(spree, SPREE_FACTOR, 1), rng.random(rows))
        channel = self._channels(customer, joined, rng)
        terminal = self._terminals(channel == ONLINE, rng)
        unusual = rng.normal(0, AMOUNT_NOISE, rows)
        usual = np.log(MEDIAN_AMOUNT) + self.spending[customer] + CHANNEL_AMOUNT[channel]
        usual += np.where(channel == ONLINE, JOINED_AMOUNT * joined, 0)
        amount = np.clip(np.exp(usual + unusual).round(2), 0.5, MAXIMUM_AMOUNT)
        payers = Payers(
            second=second,
            customer=customer,
            terminal=terminal,
            channel=channel,
            card=self.card[customer],
            amount=amount,
            unusual=unusual,
            device_age=self._device_ages(day + second / 86_400, customer, channel, rng),
            on_spree=spree[customer],
            breached=self._breached(day)[terminal],
        )
        return payers, rng

    def _on_spree(self, day: int) -> Labels:
        rng = np.random.default_rng([self.seed, 4, day // SPREE_DAYS])
        drawn: Labels = rng.random(len(self.activity)) < SPREE_SHARE
        return drawn

    def _breached(self, day: int) -> Labels:
        """Each terminal draws anew every `BREACH_DAYS`, on a day of its own."""
        turn = (day + self.breach_phase) // BREACH_DAYS
        breached = np.zeros(len(turn), dtype=bool)
        for number in np.unique(turn):
            rng = np.random.default_rng([self.seed, 5, int(number)])
            breached |= (turn == number) & (rng.random(len(turn)) < BREACH_SHARE)
        return breached

    def _channels(self, customer: Ints, joined: bool, rng: np.random.Generator) -> Ints:
        online = 1 / (1 + np.exp(-self.online[customer] - JOINED_ONLINE * joined))
        contactless = rng.random(len(customer)) < CONTACTLESS_SHARE
        present = np.where(contactless, CONTACTLESS, CHIP)
        return np.where(rng.random(len(customer)) < online, ONLINE, present)

    def _terminals(self, online: Labels, rng: np.random.Generator) -> Ints:
        """Shops are the first terminals."""
        uniform = rng.random(len(online))
        shop = _pick(self.popularity[: self.shops], uniform)
        terminal = _pick(self.popularity[self.shops :], uniform) + self.shops
        return np.where(online, shop, terminal)

    def _device_ages(
        self, time: Floats, customer: Ints, channel: Ints, rng: np.random.Generator
    ) -> Floats:
        """Days since the device was first seen; customers replace theirs now and then."""
        rows = len(customer)
        age = (time + self.device_phase[customer]) % self.device_days[customer]
        foreign = rng.random(rows) < NEW_DEVICE_SHARE
        age = np.where(foreign, rng.uniform(0, 2, rows), age).round(1)
        hidden = rng.random(rows) < HIDDEN_DEVICE_SHARE
        return np.where((channel == CHIP) | hidden, np.nan, age)


def _pick(weight: NDArray[np.generic], uniform: Floats) -> Ints:
    """Indices drawn in proportion to `weight`, from numbers in [0, 1)."""
    total = np.cumsum(weight, dtype=np.float64)
    picked: Ints = np.searchsorted(total, uniform * total[-1], side="right")
    return picked
