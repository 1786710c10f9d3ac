"""Who pays, where, when and how: the part of the generator that knows nothing of fraud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .history import Floats, Ints
from .schema import AUTHENTICATIONS, CARDS, CATEGORIES

SEED = 20260105
CUSTOMERS = 9_000
MERCHANTS = 1_000
DAY = 86_400

# Relative number of payments per hour of the day and per day of the week.
HOURLY = np.array(
    [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 12, 14, 12, 10, 10, 12, 15, 17, 16, 13, 10, 7, 4],
)
DAILY = np.array([0.9, 0.9, 0.95, 1.0, 1.15, 1.25, 0.85])

# In the order of CATEGORIES: share of merchants, median amount (EUR), share at a terminal.
SHARES = np.array([0.12, 0.10, 0.16, 0.08, 0.08, 0.22, 0.18, 0.06])
MEDIANS = np.array([12.0, 110.0, 48.0, 45.0, 18.0, 28.0, 24.0, 160.0])
TERMINAL = np.array([0.0, 0.35, 0.45, 0.97, 0.0, 0.85, 0.80, 0.05])

FOLLOW_UP_SHARE = 0.18
ABROAD_SHARE = 0.12
TRAVELLING_SHARE = 0.02
NEW_DEVICE_SHARE = 0.07
HIDDEN_DEVICE_SHARE = 0.09
DRIFTED_AMOUNTS = 2.0
DRIFTED_ONLINE_SHARE = 0.6
DRIFTED_TRAVELLING_SHARE = 0.15

Labels = NDArray[np.bool_]


@dataclass(frozen=True)
class Population:
    """Customers and merchants. It never changes, so that two seeds differ in payments only."""

    activity: Floats
    opened_day: Floats
    spending: Floats
    card: Floats
    popularity: Floats
    merchant_category: Ints
    merchant_age: Floats
    merchant_abroad: Labels

    @classmethod
    def draw(cls, weeks: int) -> Self:
        """Draw the population; a quarter of the accounts is opened during the `weeks`."""
        rng = np.random.default_rng(SEED)
        opened = rng.uniform(-1, 1 / 3, CUSTOMERS) * weeks * 7
        long_before = rng.exponential(500, CUSTOMERS)
        return cls(
            activity=rng.gamma(0.8, 1, CUSTOMERS),
            opened_day=np.where(opened < 0, -long_before, opened * 3),
            spending=rng.normal(0, 0.45, CUSTOMERS),
            card=rng.choice(len(CARDS), CUSTOMERS, p=[0.37, 0.53, 0.10]).astype(np.float64),
            popularity=rng.gamma(1.5, 1, MERCHANTS),
            merchant_category=rng.choice(len(CATEGORIES), MERCHANTS, p=SHARES),
            merchant_age=rng.exponential(900, MERCHANTS),
            merchant_abroad=rng.random(MERCHANTS) < ABROAD_SHARE,
        )

    def payments(self, rows: int, weeks: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Customer and time (seconds) of `rows` payments by time; none before its account."""
        hours = np.arange(weeks * 7 * 24 + 1)
        rate = HOURLY[hours % 24] * DAILY[hours // 24 % 7] * (1 + 0.15 * np.sin(hours / 24 / 29))
        clock = np.concatenate([[0.0], np.cumsum(rate[:-1])])
        opened = np.interp(np.maximum(self.opened_day, 0) * 24, hours, clock)
        weight = self.activity * (clock[-1] - opened)
        customer = rng.choice(CUSTOMERS, rows, p=weight / weight.sum())
        begin = opened[customer]
        hour = np.interp(begin + rng.random(rows) * (clock[-1] - begin), clock, hours)
        time = (hour * 3600).astype(np.int64)
        self._follow_up(customer, time, weeks, rng)
        order = np.argsort(time, kind="stable")
        return customer[order], time[order]

    @staticmethod
    def _follow_up(customer: Ints, time: Ints, weeks: int, rng: np.random.Generator) -> None:
        """Turn some payments into follow-ups, an hour or so later, of another payment."""
        follows = np.flatnonzero(rng.random(len(time)) < FOLLOW_UP_SHARE)
        first = rng.integers(0, len(time), len(follows))
        later = time[first] + 30 + rng.exponential(3600, len(follows)).astype(np.int64)
        fits = later < weeks * 7 * DAY
        customer[follows[fits]] = customer[first[fits]]
        time[follows[fits]] = later[fits]

    def choose_merchants(self, drifted: Labels, rng: np.random.Generator) -> Ints:
        """A merchant for each payment [N]; after the drift, more often one that sells online."""
        weight = self.popularity / self.popularity.sum()
        merchant = rng.choice(MERCHANTS, len(drifted), p=weight)
        online = weight * (1 - TERMINAL[self.merchant_category])
        moved = drifted & (rng.random(len(drifted)) < DRIFTED_ONLINE_SHARE)
        elsewhere = rng.choice(MERCHANTS, len(drifted), p=online / online.sum())
        return np.where(moved, elsewhere, merchant)

    def amounts(
        self,
        customer: Ints,
        category: Ints,
        drifted: Labels,
        rng: np.random.Generator,
    ) -> Floats:
        """Amounts in EUR [N], at least 0.50."""
        median = MEDIANS[category] * np.where(drifted, DRIFTED_AMOUNTS, 1)
        spread = self.spending[customer] + rng.normal(0, 0.7, len(customer))
        amount: Floats = np.round(np.maximum(median * np.exp(spread), 0.5), 2)
        return amount

    def channels(self, category: Ints, drifted: Labels, rng: np.random.Generator) -> Floats:
        """Index in `CHANNELS` [N]: app 0, terminal 1, web 2; after the drift, more by app."""
        terminal = rng.random(len(category)) < TERMINAL[category]
        by_app = rng.random(len(category)) < np.where(drifted, 0.65, 0.45)
        return np.where(terminal, 1.0, np.where(by_app, 0.0, 2.0))

    def authentications(self, online: Labels, rng: np.random.Generator) -> Floats:
        """Index in `AUTHENTICATIONS` [N]."""
        names = list(AUTHENTICATIONS)
        remote = [names.index(name) for name in ("challenge", "frictionless", "none")]
        present = [names.index(name) for name in ("contactless", "pin")]
        at_distance = rng.choice(remote, len(online), p=[0.3, 0.45, 0.25])
        at_terminal = rng.choice(present, len(online), p=[0.6, 0.4])
        return np.where(online, at_distance, at_terminal).astype(np.float64)

    def mismatches(self, merchant: Ints, drifted: Labels, rng: np.random.Generator) -> Floats:
        """1 where card and merchant are from different countries [N]."""
        share = np.where(drifted, DRIFTED_TRAVELLING_SHARE, TRAVELLING_SHARE)
        travelling = rng.random(len(merchant)) < share
        return (self.merchant_abroad[merchant] ^ travelling).astype(np.float64)

    def device_ages(self, online: Labels, account_age: Floats, rng: np.random.Generator) -> Floats:
        """Days since the device was first seen [N], at most the account's; NaN = unknown."""
        rows = len(online)
        new = rng.random(rows) < NEW_DEVICE_SHARE
        age: Floats = np.where(new, rng.uniform(0, 2, rows), rng.exponential(250, rows))
        age = np.minimum(age, account_age).round(1)
        age[~online | (rng.random(rows) < HIDDEN_DEVICE_SHARE)] = np.nan
        return age
