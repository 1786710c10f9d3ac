"""Intervals, slices and importance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from payments_loop.evaluation import (
    Answers,
    Dataset,
    EvaluationError,
    Sample,
    curves,
    importance,
    metrics,
    slices,
)

RNG = np.random.default_rng(3)
P = RNG.beta(1, 5, 4000)
Y = RNG.random(4000) < P


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        values = np.random.default_rng(seed).normal(5, 2, 80)
        interval = metrics.bootstrap({"mean": metrics.mean(values)}, 80, seed, 200)["mean"]
        covered += interval.low <= 5 <= interval.high
    assert 50 <= covered <= 60


def test_paired_difference_is_surer_than_two_intervals() -> None:
    noisy = np.clip(P + RNG.normal(0, 0.02, len(P)), 0.001, 0.999)
    one, other = metrics.log_loss(Sample(Y, P)), metrics.log_loss(Sample(Y, noisy))
    found = metrics.bootstrap({"one": one, "gain": metrics.difference(other, one)}, len(P), 0)
    assert found["gain"].low > 0
    paired, alone = (value.high - value.low for value in (found["gain"], found["one"]))
    assert paired < alone / 2


def test_calibrated_probabilities_have_little_calibration_error() -> None:
    weight = np.ones(len(P))
    good = metrics.calibration_error(Sample(Y, P))(weight)
    bad = metrics.calibration_error(Sample(Y, np.sqrt(P)))(weight)
    assert good < 0.03
    assert bad == pytest.approx(np.mean(np.sqrt(P) - P), abs=0.02)


def test_reliability_intervals_hold_the_diagonal() -> None:
    found = curves.reliability(Sample(Y, P))
    assert len(found.predicted) == metrics.BINS
    inside = (found.low <= found.predicted) & (found.predicted <= found.high)
    assert inside.sum() >= 8


def test_roc_band_goes_from_corner_to_corner() -> None:
    band = curves.roc(Sample(Y, P), seed=0)
    assert band.y[0] < 0.1
    assert band.y[-1] == 1
    assert (band.low <= band.high).all()
    area = float(np.trapezoid(band.y, band.x))
    assert area == pytest.approx(metrics.auc(Sample(Y, P))(np.ones(len(P))), abs=0.01)


def test_precision_at_full_recall_is_the_base_rate() -> None:
    band = curves.precision_recall(Sample(Y, P), seed=0)
    assert band.y[-1] == pytest.approx(Y.mean(), abs=0.02)
    assert band.y[0] > band.y[-1]


def test_slices_cover_every_row_of_each_column(rows: Dataset) -> None:
    model = Answers(p=np.full(len(rows), 0.02), review=np.zeros(len(rows), bool))
    columns = ("channel", "abroad", "amount", "age_days")
    parts = slices.compare(rows, model, columns, seed=0)
    for column in columns:
        named = [part for part in parts if part.name.split()[0] == column]
        assert sum(part.rows for part in named) == len(rows)
    assert "age_days missing" in [part.name for part in parts]
    assert any(part.auc is None for part in parts)


def test_slice_by_an_unknown_column_is_refused(rows: Dataset) -> None:
    model = Answers(p=np.zeros(len(rows)), review=np.zeros(len(rows), bool))
    with pytest.raises(EvaluationError, match="'colour' is no feature"):
        slices.compare(rows, model, ("colour",), seed=0)


def test_only_the_feature_that_is_used_matters(rows: Dataset) -> None:
    rows = replace(rows, y=rows.X[:, 0] > np.median(rows.X[:, 0]))
    lost = importance.permutation_importance(lambda X: X[:, 0], rows, seed=0)
    assert next(iter(lost)) == rows.features[0].name
    assert lost.pop(rows.features[0].name) == pytest.approx(0.5, abs=0.1)
    assert set(lost.values()) == {0.0}
