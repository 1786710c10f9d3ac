"""What comes of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Candidate:
    """A model version that may be registered and judged.

    Attributes:
        name: what it was trained for, e.g. "full" or "recent".
        version: of the bundle, e.g. "20260706-000000-full".
        path: folder of the bundle.
        run_id: of the run in MLflow.
        rows: rows that it was fitted and calibrated on.
        first: time of the oldest of them.
        last: time of the newest.
        seconds: that the whole experiment took.
        parameters: of the trees.
        metrics: on the rows that it was judged on.
        judged_on: "held-out" (newer rows that nothing was fitted on), or "calibration" where
            there are none: two numbers were fitted on those.
    """

    name: str
    version: str
    path: Path
    run_id: str
    rows: int
    first: datetime
    last: datetime
    seconds: float
    parameters: Mapping[str, float]
    metrics: Mapping[str, float]
    judged_on: str
