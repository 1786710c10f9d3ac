"""Card payments with fraud of which the true probability is known.

Real payments cannot be published, and on real data nobody knows how good a model could be. Here
every fraud is drawn from a probability that is stored: its score on the same rows is an exact
ceiling for every model. Each day is a function of seed and day, so any day can be made alone.
`docs/data-card.md` describes the world and what it leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np
import polars as pl

from .calendar import DAYS, START, Incident, calendar
from .population import CARDS, CHANNELS, Floats, Payers, Population
from .risk import probability

DAY = 86_400
LONGEST_DELAY_DAYS = 40
_DELAY_SHAPE, _DELAY_SCALE = 2.0, 2.5  # days: mean 5, and 97.6 % within 14

PAYMENTS = (
    "payment_id",
    "time",
    "customer_id",
    "terminal_id",
    "amount",
    "channel",
    "card",
    "device_age_days",
    "true_probability",
)
REPORTS = ("payment_id", "reported_at", "customer_id", "terminal_id")


class World:
    """Payments and the reports of frauds among them, day by day, without end.

    Args:
        seed: decides everything that is random.
        start: first day (UTC).
        days: length of the calendar of incidents; afterwards nothing new happens.
        per_day: payments on an average day; customers and terminals are scaled with it.
        incidents: instead of those of the calendar.

    Raises:
        ValueError: `per_day` or `days` is below 1.
    """

    def __init__(
        self,
        seed: int = 7,
        start: date = START,
        days: int = DAYS,
        per_day: int = 1000,
        incidents: Sequence[Incident] | None = None,
    ) -> None:
        if days < 1 or per_day < 1:
            raise ValueError("days and per_day must be at least 1")
        self.seed, self.start, self.days, self.per_day = seed, start, days, per_day
        planned = calendar(seed, start, days) if incidents is None else incidents
        self.incidents = tuple(planned)
        self._population = Population.draw(seed, per_day)
        self._customers = _numbered("c", len(self._population.activity))
        self._terminals = _numbered("t", len(self._population.popularity))
        # A day is asked for its payments, and right after for its frauds.
        self._days = lru_cache(maxsize=2)(self._make_day)
        # A day's reports need the frauds of forty days; a little more is kept for the next days.
        self._frauds = lru_cache(maxsize=LONGEST_DELAY_DAYS + 8)(self._make_frauds)

    def payments(self, day: date) -> pl.DataFrame:
        """Payments of a day in order of time; no rows before the first day of the world.

        Returns:
            The columns of `PAYMENTS`; `time` is UTC.
        """
        return self.everything(day).select(PAYMENTS)

    def reports(self, day: date) -> pl.DataFrame:
        """Frauds that were reported on a day, whenever they happened, in order of the report.

        Returns:
            The columns of `REPORTS`.
        """
        happened = [day - timedelta(days=ago) for ago in range(LONGEST_DELAY_DAYS + 1)]
        frauds = pl.concat([self._frauds(each) for each in happened])
        midnight = datetime.combine(day, time(), UTC)
        today = pl.col("reported_at").is_between(
            midnight, midnight + timedelta(days=1), closed="left"
        )
        return frauds.filter(today).select(REPORTS).sort("reported_at", "payment_id")

    def everything(self, day: date) -> pl.DataFrame:
        """Payments of a day with what nobody knows: whether it is a fraud, and its report.

        Returns:
            The columns of `PAYMENTS`, `fraud`, and `reported_at` (null for honest payments).
        """
        if day < self.start:
            return self.everything(self.start).clear()
        return self._days(day)

    def _make_day(self, day: date) -> pl.DataFrame:
        number = (day - self.start).days
        payers, rng = self._population.pay(
            number, day.weekday(), self.per_day, joined=self._changed("covariate_drift", day) > 0
        )
        truth = probability(payers, moved=self._changed("concept_drift", day))
        return self._table(day, payers, truth, rng)

    def _make_frauds(self, day: date) -> pl.DataFrame:
        return self.everything(day).filter("fraud")

    def _changed(self, kind: str, day: date) -> float:
        """How far the drifts of a kind have come on a day, from 0 to 1 = complete."""
        shares = [
            ((day - incident.first).days + 1) / ((incident.last - incident.first).days + 1)
            for incident in self.incidents
            if incident.kind == kind
        ]
        return min(max(0.0, *shares), 1.0) if shares else 0.0

    def _table(
        self, day: date, payers: Payers, truth: Floats, rng: np.random.Generator
    ) -> pl.DataFrame:
        fraud = rng.random(len(truth)) < truth
        midnight = int(datetime.combine(day, time(), UTC).timestamp())
        seconds = midnight + payers.second
        days = rng.gamma(_DELAY_SHAPE, _DELAY_SCALE, int(fraud.sum()))
        delay = np.minimum(days, LONGEST_DELAY_DAYS - 1) * DAY
        reported = pl.Series("reported_at", [None] * len(fraud), dtype=pl.Int64)
        reported = reported.scatter(np.flatnonzero(fraud), seconds[fraud] + delay.astype(np.int64))
        return pl.DataFrame(
            {
                "payment_id": _numbered(f"p{day:%Y%m%d}-", len(truth)),
                "time": _utc(pl.Series(seconds)),
                "customer_id": self._customers.gather(payers.customer),
                "terminal_id": self._terminals.gather(payers.terminal),
                "amount": payers.amount,
                "channel": pl.Series(CHANNELS).gather(payers.channel),
                "card": pl.Series(CARDS).gather(payers.card),
                "device_age_days": pl.Series(payers.device_age).fill_nan(None),
                "true_probability": truth,
                "fraud": fraud,
                "reported_at": _utc(reported),
            }
        )


def _utc(seconds: pl.Series) -> pl.Series:
    return pl.from_epoch(seconds, time_unit="s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")


def _numbered(prefix: str, count: int) -> pl.Series:
    """`prefix` and a number of at least six digits, from 0."""
    numbers = pl.Series(np.arange(count)).cast(pl.String).str.zfill(6)
    return pl.Series([prefix]).new_from_index(0, count) + numbers
