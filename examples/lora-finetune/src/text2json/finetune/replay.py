"""Replay: general examples among those of the task, so that the model keeps what it could do.

Mixing a share of earlier training data into fine-tuning is the oldest remedy against forgetting
(Robins 1995), and among the strongest for language models (Scialom et al. 2022).
"""

from __future__ import annotations

import hashlib

from text2json.sft import general
from text2json.sft.rows import Row

from .settings import Settings

SEED = 555  # not that of the general set on which forgetting is measured


def replayed(settings: Settings, train: int) -> list[Row]:
    """General rows for `train` rows of the task, so that they are the configured share of all.

    Fewer where `replay_file` has fewer; none where it is not set and the base was not made here.

    Raises:
        DataError: the file cannot be read.
    """
    count = round(train * settings.replay / (1 - settings.replay))
    return general.rows(count, SEED, settings.replay_file) if count else []


def digest(rows: list[Row]) -> str:
    """What tells these rows from others; empty where there are none."""
    text = "".join(row.model_dump_json() for row in rows)
    return hashlib.sha256(text.encode()).hexdigest() if rows else ""
