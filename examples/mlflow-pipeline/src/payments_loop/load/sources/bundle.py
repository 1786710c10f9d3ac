"""Requests drawn from the training distributions that the champion's bundle carries."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle, BundleError, Registry
from payments_loop.bundle.reference import Distribution
from payments_loop.load.traffic import TrafficError

RANK = 20
PATH = "/v1/predict"
# Scored on the event loop itself, requests would never be in flight together.
TOGETHER = {"APP_INLINE_BUDGET_MS": "0"}


def bodies(count: int, seed: int) -> list[bytes]:
    """Return `count` requests; features follow their own distributions, independently.

    Raises:
        TrafficError: There is no champion.
    """
    models = Path(os.environ.get("APP_MODELS_DIR", "models"))
    try:
        bundle = Bundle.load(Registry(models).resolve("champion"))
    except BundleError as error:
        raise TrafficError(f"no model to draw requests for: {error}; train one first") from error
    rng = np.random.default_rng(seed)
    columns = [_draw(described, count, rng) for described in bundle.reference.features]
    rows = bundle.decode(np.column_stack(columns).astype(np.float32))
    return [json.dumps({"features": row}).encode() for row in rows]


def _draw(described: Distribution, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    values = rng.choice(described.quantiles or (np.nan,), count).astype(np.float64)
    values[rng.random(count) < described.shares[-1]] = np.nan  # the last bin counts the missing
    return values
