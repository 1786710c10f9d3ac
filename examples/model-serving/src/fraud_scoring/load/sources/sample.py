"""Requests with payments like those that the model was trained on."""

from __future__ import annotations

import json

from fraud_scoring.data import sample

RANK = 10
PATH = "/v1/predict"
# Scored on the event loop itself, requests would never be in flight together.
TOGETHER = {"APP_INLINE_BUDGET_MS": "0"}


def bodies(count: int, seed: int) -> list[bytes]:
    """Return `count` requests with one payment each."""
    return [json.dumps({"features": row}).encode() for row in sample(count, seed)]
