"""Shadow mode: the challenger scores copies of the traffic; nobody waits for it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.api.problems import Problem
from fraud_scoring.bundle import EncodingError

from .jobs import Batch, run
from .metrics import PredictionMetrics
from .models import Model

logger = logging.getLogger(__name__)

Row = Mapping[str, object]
PAUSE_SECONDS = 0.05


class Shadow:
    """A bounded queue of rows that the champion has answered, scored again in batches.

    Args:
        metrics: where drops, differences and failures are counted.
        scored: called on the event loop after every call of the model.
        capacity: rows that may wait; further ones are dropped.
        batch_rows: rows scored by one call.
    """

    def __init__(
        self,
        metrics: PredictionMetrics,
        scored: Callable[[Batch], None],
        *,
        capacity: int,
        batch_rows: int,
    ) -> None:
        self._metrics = metrics
        self._scored = scored
        self._capacity = capacity
        self._batch_rows = batch_rows
        self._queue: deque[tuple[Model, Row, float]] = deque()

    def submit(
        self,
        model: Model,
        rows: Sequence[Row],
        probabilities: Sequence[float],
    ) -> None:
        """Queue `rows` with the champion's probabilities for `model`; drop what does not fit."""
        free = self._capacity - len(self._queue)
        for row, probability in zip(rows[:free], probabilities[:free], strict=True):
            self._queue.append((model, row, probability))
        if len(rows) > free:
            self._metrics.shadow_dropped.inc(len(rows) - free)

    async def run(self) -> None:
        """Score what is queued until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            while self._queue:
                await self._batch()

    async def _batch(self) -> None:
        model = self._queue[0][0]
        rows: list[Row] = []
        expected: list[float] = []
        while self._queue and self._queue[0][0] is model and len(rows) < self._batch_rows:
            _, row, probability = self._queue.popleft()
            rows.append(row)
            expected.append(probability)
        try:
            batch = await asyncio.to_thread(_score, model, rows)
        except (EncodingError, Problem) as error:
            self._metrics.errors.labels("shadow").inc()
            logger.warning("shadow failed", extra={"version": model.version, "reason": str(error)})
            return
        self._scored(batch)
        differences: NDArray[np.float64] = np.abs(batch.probabilities - np.array(expected))
        for difference in differences.tolist():
            self._metrics.shadow_difference.observe(difference)


def _score(model: Model, rows: Sequence[Row]) -> Batch:
    batch = run(model, "shadow", model.bundle.encode(rows))
    batch.scores()  # raises if they are none
    return batch
