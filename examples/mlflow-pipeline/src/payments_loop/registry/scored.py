"""A version on the rows that it is judged on."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle, Costs
from payments_loop.evaluation import Dataset

TIMED_ROWS = 300
CHUNK = 65_536


@dataclass(frozen=True)
class Scored:
    """The answers of one version, and what serving it takes.

    Attributes:
        version: its name.
        p: calibrated probabilities [N].
        review: where the positive decision is taken [N]; None if nothing is decided.
        costs: what decisions cost.
        latency_ms: 99th percentile of the processor time for a single row; None if not served.
        size_bytes: of the model file; None if it is not served.
    """

    version: str
    p: NDArray[np.floating]
    review: NDArray[np.bool_] | None = None
    costs: Costs | None = None
    latency_ms: float | None = None
    size_bytes: int | None = None


def score(bundle: Bundle, dataset: Dataset) -> Scored:
    """Score the rows of `dataset`, which has the features of `bundle`, and time single ones."""
    starts = range(0, len(dataset), CHUNK)
    parts = [bundle.predict(dataset.X[start : start + CHUNK]) for start in starts]
    p = np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)
    return Scored(
        version=bundle.version,
        p=p,
        review=p >= bundle.thresholds(dataset.X),
        costs=bundle.manifest.costs,
        latency_ms=_latency(bundle, dataset),
        size_bytes=(bundle.path / "model.onnx").stat().st_size,
    )


def _latency(bundle: Bundle, dataset: Dataset) -> float:
    """Processor time, not the clock: what else this machine does is not the model's fault."""
    seconds = []
    for row in np.resize(np.arange(len(dataset)), TIMED_ROWS):
        start = time.thread_time()
        bundle.predict(dataset.X[row : row + 1])
        seconds.append(time.thread_time() - start)
    return float(np.quantile(seconds, 0.99)) * 1000
