"""Thresholds and metrics, against brute force and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from fraud_scoring.bundle import Costs, Feature
from fraud_scoring.evaluation import Dataset, Sample, costs, metrics

COSTS = Costs(review=4, fee=15, caught=0.9, amount="amount")
SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), min_size=2, max_size=30)


def _dataset(amount: list[float], y: list[bool]) -> Dataset:
    rows = len(amount)
    return Dataset(
        features=(Feature(name="amount", kind="numeric"),),
        X=np.array(amount, dtype=np.float32).reshape(-1, 1),
        y=np.array(y),
        time=np.arange(rows).astype("datetime64[s]"),
        amount=np.array(amount),
        truth=None,
    )


@given(st.data())
def test_best_threshold_is_as_cheap_as_any(data: st.DataObject) -> None:
    score = np.array(data.draw(SCORES))
    rows = len(score)
    amount = data.draw(st.lists(st.floats(0, 500), min_size=rows, max_size=rows))
    y = data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    dataset = _dataset(amount, y)

    def cost(threshold: float) -> float:
        return float(costs.per_row(dataset, score >= threshold, COSTS).sum())

    chosen = costs.best_threshold(dataset, score, COSTS)
    assert cost(chosen) == pytest.approx(min(map(cost, [*score, np.inf])))


@given(st.floats(0, 5000), st.floats(0, 1))
def test_reviews_exactly_where_the_expected_saving_pays(amount: float, p: float) -> None:
    reviewed = costs.decide(_dataset([amount], [True]), np.array([p]), COSTS)[0]
    saving = COSTS.caught * p * (amount + COSTS.fee)
    if abs(saving - COSTS.review) > 1e-9:
        assert reviewed == (saving > COSTS.review)


@given(st.data())
def test_metrics_equal_those_of_scikit_learn(data: st.DataObject) -> None:
    p = np.array(data.draw(SCORES))
    y = np.array(data.draw(st.lists(st.booleans(), min_size=len(p), max_size=len(p))))
    y[:2] = True, False
    counts = st.lists(st.integers(1, 3), min_size=len(p), max_size=len(p))
    weight = np.array(data.draw(counts), dtype=np.float64)
    sample = Sample(y, p)
    assert metrics.auc(sample)(weight) == pytest.approx(roc_auc_score(y, p, sample_weight=weight))
    precision = average_precision_score(y, p, sample_weight=weight)
    assert metrics.average_precision(sample)(weight) == pytest.approx(precision)
    brier = brier_score_loss(y, p, sample_weight=weight)
    assert metrics.brier(sample)(weight) == pytest.approx(brier)
    inside = np.clip(p, metrics.SMALLEST, 1 - metrics.SMALLEST)
    loss = log_loss(y, inside, sample_weight=weight)
    assert metrics.log_loss(sample)(weight) == pytest.approx(loss)
