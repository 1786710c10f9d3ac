"""Splits: older before newer, a gap for late labels, and no moment on both sides."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fraud_scoring.evaluation import Dataset
from fraud_scoring.training.config import Split
from fraud_scoring.training.errors import TrainingError
from fraud_scoring.training.prepare import Prepared
from fraud_scoring.training.split import folds, split

CONFIG = Split(train=0.6, calibration=0.1, validation=0.1, label_delay_days=0.25)


@pytest.fixture
def dataset(small_data: Prepared) -> Dataset:
    """1,000 rows, ten at every hour; every fourth row is positive."""
    rows = small_data.splits.train.rows(slice(1000))
    hours = np.arange(1000) // 10
    return replace(
        rows,
        y=np.arange(1000) % 4 == 0,
        time=np.datetime64("2026-01-01T00:00:00") + hours.astype("timedelta64[h]"),
    )


def test_periods_follow_each_other(dataset: Dataset) -> None:
    parts = split(dataset, CONFIG)
    ordered = [parts.train, parts.calibration, parts.validation, parts.test]
    for older, newer in pairwise(ordered):
        assert older.time[-1] < newer.time[0]
    assert [len(part) for part in ordered[:3]] == [600, 100, 100]


def test_labels_have_time_to_arrive_before_the_test_period() -> None:
    hours = np.arange(2000)
    rows = Dataset(
        features=(),
        X=np.zeros((2000, 0), dtype=np.float32),
        y=hours % 2 == 0,
        time=np.datetime64("2026-01-01T00:00:00") + hours.astype("timedelta64[h]"),
        amount=np.zeros(2000),
        truth=None,
    )
    parts = split(rows, CONFIG)
    assert parts.test.time[0] - parts.validation.time[-1] == np.timedelta64(7, "h")


def test_a_moment_is_never_divided(dataset: Dataset) -> None:
    parts = split(dataset, CONFIG.model_copy(update={"train": 0.604}))
    assert len(parts.train) == 600
    assert parts.train.time[-1] < parts.calibration.time[0]


def test_period_without_positives_is_refused(dataset: Dataset) -> None:
    y = dataset.y.copy()
    y[600:700] = False
    with pytest.raises(TrainingError, match="calibration period has 0 positives in 100 rows"):
        split(replace(dataset, y=y), CONFIG)


def test_folds_expand_and_never_look_ahead(dataset: Dataset) -> None:
    pairs = list(folds(dataset, 4))
    assert [len(older) for older, _ in pairs] == [500, 625, 750, 875]
    assert all(older.time[-1] <= newer.time[0] for older, newer in pairs)
    assert sum(len(newer) for _, newer in pairs) == 500
