"""Fitting and exporting: the same answers in every form, and the same bytes every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plugins.model_evaluation import make_rows
from plugins.training import small_settings

from my_project.evaluation import Dataset
from my_project.experiment import ExperimentError, Fitted, fit
from my_project.experiment.boosting import (
    contributions,
    ensemble,
    fit_trees,
    scores,
)
from my_project.experiment.calibration import calibrate
from my_project.experiment.fit import score, split
from my_project.experiment.linear import fit_linear
from my_project.experiment.logistic import newton, sigmoid

SETTINGS = small_settings()


@pytest.fixture(scope="module")
def fitted(rows: Dataset) -> Fitted:
    return fit(rows, SETTINGS, seed=7)


def test_same_rows_and_seed_give_the_same_bytes(rows: Dataset, fitted: Fitted) -> None:
    again = fit(rows, SETTINGS, seed=7)
    assert again.onnx == fitted.onnx
    assert again.baseline == fitted.baseline
    assert again.booster == fitted.booster
    assert fit(rows, SETTINGS, seed=8).onnx != fitted.onnx


def test_export_answers_like_lightgbm_on_holes_categories_and_split_points(
    rows: Dataset,
    fitted: Fitted,
) -> None:
    from lightgbm import Booster

    booster = Booster(model_str=fitted.booster)
    trees = ensemble(booster)
    questions = ~trees.leaf
    assert trees.equal.any(), "the channel must matter, or the test says nothing"
    splits = trees.threshold[questions].astype(np.float32)
    near = [
        splits,
        np.nextafter(splits, np.float32(-np.inf)),
        np.nextafter(splits, np.float32(np.inf)),
    ]
    on_splits = np.repeat(rows.X[:1], 3 * len(splits), axis=0)
    columns = np.tile(trees.feature[questions], 3)
    numeric = columns != 3
    on_splits[np.arange(len(columns)), columns] = np.concatenate(near)
    holes = rows.X.copy()
    holes[np.random.default_rng(0).random(holes.shape) < 0.3] = np.nan
    X = np.concatenate([rows.X, holes, on_splits[numeric]])
    expected = fitted.calibration(scores(booster, X, 1))
    np.testing.assert_allclose(score(fitted.onnx, X), expected, atol=1e-6)
    assert fitted.parity < 1e-6


def test_missing_number_counts_as_zero_where_training_saw_none(rows: Dataset) -> None:
    complete = replace(rows, X=np.nan_to_num(rows.X, nan=100))
    made = fit(complete, SETTINGS, seed=7)
    as_zero = np.where(np.isnan(rows.X), np.float32(0), rows.X)
    np.testing.assert_array_equal(score(made.onnx, rows.X), score(made.onnx, as_zero))


def test_exported_baseline_equals_its_formula(rows: Dataset, fitted: Fitted) -> None:
    older, newest = split(rows, SETTINGS.data.calibration)
    linear = fit_linear(older.features, older.X, older.y, SETTINGS.baseline.ridge)
    calibration = calibrate(linear.score(newest.X), newest.y)
    expected = calibration(linear.score(rows.X))
    np.testing.assert_allclose(score(fitted.baseline, rows.X), expected, atol=1e-5)


def test_contributions_sum_to_the_score(rows: Dataset) -> None:
    booster = fit_trees(rows, SETTINGS.model, seed=7, threads=1)
    total = contributions(booster, rows.X[:50], 1).sum(axis=1)
    np.testing.assert_allclose(total, scores(booster, rows.X[:50], 1), atol=1e-9)


def test_rows_that_come_later_change_nothing_that_is_fitted_before() -> None:
    long = make_rows(4000)
    older, _ = split(long, 0.25)
    again, _ = split(replace(long, y=np.append(long.y[:3000], ~long.y[3000:])), 0.25)
    one, other = (fit_trees(part, SETTINGS.model, seed=7, threads=1) for part in (older, again))
    assert one.model_to_string() == other.model_to_string()


def test_threads_do_not_change_the_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    few = "my_project.experiment.boosting._ROWS_PER_THREAD"
    monkeypatch.setattr(few, 1000)
    rows = make_rows(4000)
    one, other = (fit_trees(rows, SETTINGS.model, seed=7, threads=threads) for threads in (1, 3))
    assert one.model_to_string() == other.model_to_string()
    assert np.array_equal(scores(one, rows.X, 1), scores(other, rows.X, 3))


def test_newton_finds_the_minimum() -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.normal(size=(2000, 3)), np.ones(2000)])
    y = rng.random(2000) < sigmoid(X @ np.array([1.0, -2.0, 0.5, -1.0]))
    found = newton(X, y, np.full(4, 0.5), np.zeros(4))
    gradient = X.T @ (sigmoid(X @ found) - y) + 0.5 * found
    np.testing.assert_allclose(gradient, 0, atol=1e-4)


def test_calibration_undoes_a_stretched_score() -> None:
    rng = np.random.default_rng(2)
    true = rng.normal(-2, 1.5, 20_000)
    y = rng.random(20_000) < sigmoid(true)
    found = calibrate(3 * true + 1, y)
    assert found.slope == pytest.approx(1 / 3, rel=0.05)
    assert found.intercept == pytest.approx(-1 / 3, abs=0.1)


def test_calibration_on_one_class_is_refused(rows: Dataset) -> None:
    later = np.arange(len(rows)) > 2000
    with pytest.raises(ExperimentError, match="calibration hold 0 positives"):
        fit(replace(rows, y=rows.y & ~later), SETTINGS, seed=7)


def test_no_rows_are_refused(rows: Dataset) -> None:
    with pytest.raises(ExperimentError, match="no row with a known label"):
        fit(rows.rows(slice(0)), SETTINGS, seed=7)
