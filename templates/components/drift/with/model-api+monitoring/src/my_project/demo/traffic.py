"""Requests like those of every day, and requests from a population that has changed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from my_project.bundle import Bundle, EncodingError
from my_project.drift import PSI_THRESHOLD, Detector
from my_project.drift.synthetic import draw, numeric_features

BATCH = 100
# How far a feature is moved where rows are drawn from the reference.
SHIFT = 1.0
# Rows that are made once and then sent again and again, in another order.
PREPARED = 4000

Row = dict[str, Any]
Body = dict[str, list[dict[str, Row]]]


@dataclass(frozen=True)
class Source:
    """Where rows come from.

    Attributes:
        description: in words.
        rows: gives rows by feature name, for a number, a seed, and whether they are shifted.
        joint: whether features depend on each other as they do in reality. If not, the champion's
            predictions are distributed otherwise than its reference says, even without a shift.
    """

    description: str
    rows: Callable[[int, int, bool], list[Row]]
    joint: bool

    def bodies(self, seed: int, *, shifted: bool) -> Iterator[Body]:
        """Bodies of batch requests, without end."""
        rows = self.rows(PREPARED, seed, shifted)
        rng = np.random.default_rng(seed)
        while True:
            order = rng.permutation(len(rows))
            for start in range(0, len(rows) - BATCH + 1, BATCH):
                chosen = order[start : start + BATCH]
                yield {"instances": [{"features": rows[index]} for index in chosen]}


def source(bundle: Bundle, seed: int) -> Source:
    """The project's data generator if it fits the champion, otherwise the champion's reference.

    It does not fit a champion that was trained on other data: such a model refuses its rows or
    finds drift in unshifted ones.

    Args:
        bundle: the champion.
        seed: of the normal traffic; the shifted traffic has the next one.
    """
    generator = _generator()
    return generator if generator and _fits(generator, bundle, seed) else _reference(bundle)


def _generator() -> Source | None:
    try:
        data = importlib.import_module("my_project.data")
    except ModuleNotFoundError:
        return None

    def rows(count: int, seed: int, shifted: bool) -> list[Row]:
        sampled: list[Row] = data.sample(count, seed, shifted=shifted)
        return sampled

    return Source("the data generator, later with its covariate drift", rows, joint=True)


def _reference(bundle: Bundle) -> Source:
    distributions = bundle.reference.features
    column = max(numeric_features(bundle), key=lambda index: len(distributions[index].edges))
    name = bundle.features[column].name

    def rows(count: int, seed: int, shifted: bool) -> list[Row]:
        shifts = {column: SHIFT} if shifted else {}
        features = draw(bundle, count, np.random.default_rng(seed), shifts)
        return [dict(row) for row in bundle.decode(features)]

    description = f"drawn from the reference, later with {name} {SHIFT:g} standard deviation higher"
    return Source(description, rows, joint=False)


def _fits(candidate: Source, bundle: Bundle, seed: int) -> bool:
    """Whether the rows that would be sent are clearly without drift, then clearly with it."""

    def largest_index(seed: int, shifted: bool) -> float:
        features = bundle.encode(candidate.rows(PREPARED, seed, shifted))
        window = np.column_stack([features, bundle.predict(features)])
        report = Detector.of(bundle).measure(window)
        worst = max(distance.psi for distance in report.features)
        return worst if shifted else max(worst, report.prediction.psi)

    try:
        normal, shifted = largest_index(seed, False), largest_index(seed + 1, True)
    except EncodingError:
        return False
    return normal < PSI_THRESHOLD / 2 and shifted > PSI_THRESHOLD * 1.25
