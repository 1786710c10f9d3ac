"""Calls of a model, for one request or for several at once."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.api.problems import Problem

from .models import Model, Role
from .problems import INFERENCE_FAILED

Floats = NDArray[np.float32]


class Scores(NamedTuple):
    """Probabilities [N] of rows, and the thresholds [N] from which the decision is positive."""

    probabilities: Floats
    thresholds: NDArray[np.float64]


class Batch(NamedTuple):
    """Rows that one call of a model scored, and how many seconds that took."""

    model: Model
    role: Role
    features: Floats
    probabilities: Floats
    thresholds: NDArray[np.float64]
    seconds: float

    def scores(self, start: int = 0, stop: int | None = None) -> Scores:
        """The scores of some of the rows.

        Raises:
            Problem: the model gave one of them something that is no probability.
        """
        probabilities = self.probabilities[start:stop]
        if all(0 <= probability <= 1 for probability in probabilities.tolist()):
            return Scores(probabilities, self.thresholds[start:stop])
        raise Problem(INFERENCE_FAILED, "The model gave a value outside 0 to 1")


@dataclass(eq=False, slots=True)
class Job:
    """Rows of one request, which waits for `result`."""

    model: Model
    role: Role
    features: Floats
    result: asyncio.Future[Scores]

    def fail(self, problem: Problem) -> None:
        """Refuse, if the request still waits."""
        if not self.result.done():
            self.result.set_exception(problem)


def run(model: Model, role: Role, features: Floats) -> Batch:
    """Score `features` now, in this thread.

    Raises:
        Problem: the model failed.
    """
    start = time.perf_counter()
    try:
        probabilities = model.bundle.predict(features)
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise Problem(INFERENCE_FAILED, "The model could not score these rows") from error
    seconds = time.perf_counter() - start
    thresholds = model.bundle.thresholds(features)
    return Batch(model, role, features, probabilities, thresholds, seconds)


def by_model(jobs: Iterable[Job]) -> list[list[Job]]:
    """Group jobs that one call can score; around a reload or a split there are several models."""
    groups: dict[tuple[int, Role], list[Job]] = {}
    for job in jobs:
        groups.setdefault((id(job.model), job.role), []).append(job)
    return list(groups.values())


def together(group: list[Job]) -> Batch:
    """Score all rows of a group by one call; raises what `run` does."""
    first = group[0]
    rows = [job.features for job in group]
    return run(first.model, first.role, rows[0] if len(rows) == 1 else np.concatenate(rows))


def distribute(group: list[Job], batch: Batch) -> None:
    """Give every job of a group the scores of its rows."""
    start = 0
    for job in group:
        stop = start + len(job.features)
        if not job.result.done():
            try:
                job.result.set_result(batch.scores(start, stop))
            except Problem as problem:
                job.fail(problem)
        start = stop
