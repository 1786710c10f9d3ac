"""Payments as requests: for load tests, demonstrations of monitoring, and trying the service."""

from __future__ import annotations

from itertools import chain

import numpy as np

from .generator import DAY, Payments, Stream, generate

RECENT_WEEKS = 4

Value = float | str | None


def sample(rows: int, seed: int = 0, *, shifted: bool = False) -> list[dict[str, Value]]:
    """Draw payments of the last four weeks of the period, in random order.

    They come from the population that the model was trained on but are other payments (unless
    `seed` is the one of the training data). The order is random, so that a window of any size has
    the distribution of the whole. With `shifted`, people pay differently during these four weeks
    (`covariate_drift_week` of `Stream`), which drift detection must notice.

    Returns:
        `rows` payments by feature name, None = missing.
    """
    collected: list[list[dict[str, Value]]] = []
    while sum(map(len, collected)) < rows:
        week = Stream().weeks - RECENT_WEEKS
        stream = Stream(
            seed=1_000_003 * (seed + 1) + len(collected),
            covariate_drift_week=week if shifted else None,
        )
        collected.append(_shuffled(generate(stream), week, stream.seed))
    return list(chain.from_iterable(collected))[:rows]


def _shuffled(payments: Payments, week: int, seed: int) -> list[dict[str, Value]]:
    recent = np.flatnonzero(payments.time >= week * 7 * DAY)
    np.random.default_rng(seed).shuffle(recent)
    return to_rows({name: values[recent] for name, values in payments.features.items()})


def to_rows(features: dict[str, np.ndarray]) -> list[dict[str, Value]]:
    """Columns to rows of plain Python values, None for NaN."""
    columns = [
        [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 (NaN)
        for values in features.values()
    ]
    return [dict(zip(features, row, strict=True)) for row in zip(*columns, strict=True)]
