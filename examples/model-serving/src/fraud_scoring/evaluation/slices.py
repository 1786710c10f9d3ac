"""Whether the model is as good for everybody: results by channel, category, country and so on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.bundle import Feature

from .dataset import Dataset
from .errors import EvaluationError
from .metrics import Interval, Sample, auc, bootstrap, mean, ratio
from .quality import Answers

MIN_PER_CLASS = 10
RESAMPLES = 200


@dataclass(frozen=True)
class Slice:
    """Results on the rows where a column has one value.

    Attributes:
        name: `column = value`.
        rows: number of rows.
        positives: how many of them are positive.
        auc: None where one class is too rare.
        predicted: mean probability.
        observed: share of positives.
        decided: share of rows that get the positive decision.
        recall: share of the positives that get it.
        false_alarms: share of the negatives that get it.
    """

    name: str
    rows: int
    positives: int
    auc: Interval | None
    predicted: float
    observed: Interval
    decided: Interval
    recall: Interval
    false_alarms: Interval


def compare(
    test: Dataset,
    model: Answers,
    columns: tuple[str, ...],
    seed: int,
) -> list[Slice]:
    """Results by every value of the `columns`, which are names of features.

    Raises:
        EvaluationError: there is no such feature.
    """
    found = []
    for column in columns:
        for name, rows in parts(test, column):
            if rows.any():
                found.append(_measure(name, test, model, rows, seed))
    return found


def parts(test: Dataset, column: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Name and mask [N] of each part of the rows by the values of a feature.

    A category or a flag has a part per value, another number three of equal size; missing values
    are a part of their own.

    Raises:
        EvaluationError: there is no such feature.
    """
    position = _position(test.features, column)
    feature, values = test.features[position], test.X[:, position]
    if feature.categories is not None:
        for code, category in enumerate(feature.categories):
            yield f"{column} = {category}", values == code
    elif len(distinct := np.unique(values[~np.isnan(values)])) <= 2:  # noqa: PLR2004 (a flag)
        for value in distinct:
            yield f"{column} = {value:g}", values == value
    else:
        low, high = np.nanquantile(values, [1 / 3, 2 / 3])
        yield f"{column} below {low:.3g}", values < low
        yield f"{column} {low:.3g} to {high:.3g}", (values >= low) & (values < high)
        yield f"{column} from {high:.3g}", values >= high
    if np.isnan(values).any():
        yield f"{column} missing", np.isnan(values)


def _position(features: tuple[Feature, ...], column: str) -> int:
    names = [feature.name for feature in features]
    if column not in names:
        raise EvaluationError(f"[slices]: {column!r} is no feature; there are: {', '.join(names)}")
    return names.index(column)


def _measure(
    name: str,
    test: Dataset,
    model: Answers,
    rows: NDArray[np.bool_],
    seed: int,
) -> Slice:
    y, p, review = test.y[rows], model.p[rows], model.review[rows]
    positives = int(y.sum())
    statistics = {
        "observed": mean(y.astype(np.float64)),
        "decided": mean(review.astype(np.float64)),
        "recall": ratio(review, y),
        "false_alarms": ratio(review, ~y),
    }
    if min(positives, len(y) - positives) >= MIN_PER_CLASS:
        statistics["auc"] = auc(Sample(y, p))
    found = bootstrap(statistics, len(y), seed, RESAMPLES)
    return Slice(
        name=name,
        rows=len(y),
        positives=positives,
        auc=found.get("auc"),
        predicted=float(p.mean()),
        observed=found["observed"],
        decided=found["decided"],
        recall=found["recall"],
        false_alarms=found["false_alarms"],
    )
