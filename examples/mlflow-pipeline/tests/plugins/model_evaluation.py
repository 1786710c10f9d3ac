"""Labelled rows with known probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from payments_loop.bundle import Feature
from payments_loop.evaluation import Dataset

FEATURES = (
    Feature(name="amount", kind="numeric", minimum=0, unit="EUR"),
    Feature(name="age_days", kind="numeric"),
    Feature(name="abroad", kind="numeric", nullable=False),
    Feature(
        name="channel",
        kind="categorical",
        categories=("app", "terminal", "web", "post"),
    ),
)


def make_rows(count: int, seed: int = 0) -> Dataset:
    """Generate `count` rows, one a minute.

    The web, small ages and large amounts are risky, an age in ten is missing, and the post is
    used five times.
    """
    rng = np.random.default_rng(seed)
    amount, age = rng.lognormal(3, 1, count), rng.exponential(400, count)
    abroad, channel = rng.random(count) < 0.2, rng.integers(0, 3, count)
    age[rng.random(count) < 0.1] = np.nan
    channel[:5] = 3
    known = np.nan_to_num(age, nan=100)
    score = -3 + 0.01 * amount - 0.002 * known + abroad + 1.5 * (channel == 2)
    truth = 1 / (1 + np.exp(-score))
    return Dataset(
        features=FEATURES,
        X=np.column_stack([amount, age, abroad, channel]).astype(np.float32),
        y=rng.random(count) < truth,
        time=np.datetime64("2026-01-01T00:00:00", "us") + np.arange(count) * np.timedelta64(1, "m"),
        amount=amount,
        truth=truth,
    )


@pytest.fixture(scope="session")
def rows() -> Dataset:
    """3,000 such rows."""
    return make_rows(3000)
