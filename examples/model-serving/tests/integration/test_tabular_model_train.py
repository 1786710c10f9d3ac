"""A whole training run, and what must never reach it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plugins.tabular_model import Trained
from threadpoolctl import threadpool_limits

from fraud_scoring import bundle
from fraud_scoring.tracking import connect
from fraud_scoring.training import run as running
from fraud_scoring.training.config import Config
from fraud_scoring.training.estimators import probabilities
from fraud_scoring.training.fit import Fitted, fit, score
from fraud_scoring.training.gate import Check
from fraud_scoring.training.prepare import Prepared
from fraud_scoring.training.split import Splits


def _quiet(_: str) -> None:
    pass


def test_run_leaves_a_loadable_bundle(trained: Trained, small_data: Prepared) -> None:
    made = trained.outcome.bundle
    assert made.manifest.data_sha256 == small_data.sha256
    assert made.manifest.seed == 7
    assert made.manifest.decisions == ("approve", "review")
    assert made.manifest.metrics["auc"] == trained.outcome.evaluation["auc"].value
    assert made.reference.features[0].rows == len(small_data.splits.test)


def test_model_is_better_than_chance_and_no_better_than_the_truth(trained: Trained) -> None:
    found = trained.outcome.evaluation
    assert found["auc"].low > 0.6
    assert found["log_loss"].value > found["ceiling_log_loss"].value


def test_bundle_answers_like_the_model_in_mlflow_on_every_row(
    trained: Trained,
    small_data: Prepared,
) -> None:
    import mlflow

    alias = "champion" if trained.outcome.promoted else "challenger"
    uri = f"models:/fraud-scoring@{alias}"
    with connect(trained.root).active():
        model = mlflow.sklearn.load_model(uri)
    test = small_data.splits.test
    ours = trained.outcome.bundle.predict(test.X)
    np.testing.assert_allclose(ours, probabilities(model, test), atol=1e-5)


def test_run_is_recorded_in_mlflow(trained: Trained) -> None:
    with closing(sqlite3.connect(trained.root / "mlflow.db")) as database:
        metrics = dict(database.execute("SELECT key, value FROM metrics").fetchall())
        params = dict(database.execute("SELECT key, value FROM params").fetchall())
    assert metrics["auc"] == pytest.approx(trained.outcome.evaluation["auc"].value)
    assert {"baseline_auc", "cv_model_auc", "cv_baseline_auc", "parity", "cost"} <= metrics.keys()
    assert params["seed"] == "7"
    assert list(trained.root.glob("mlruns/**/bundle/model.onnx"))
    signature = next(trained.root.glob("mlruns/**/MLmodel")).read_text()
    assert "signature:" in signature
    assert "saved_input_example_info:" in signature


def test_version_that_passes_is_promoted_and_others_challenge(
    small_config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_data: Prepared,
) -> None:
    run = "fraud_scoring.training.run"
    monkeypatch.setattr(f"{run}.prepare", lambda *_: small_data)
    monkeypatch.setattr(f"{run}.tracking.record", lambda *_: "run")
    versions = iter(["v1", "v2"])
    write = bundle.write
    monkeypatch.setattr(
        f"{run}.bundle.write",
        lambda folder, manifest, *rest: write(
            folder, manifest.model_copy(update={"version": next(versions)}), *rest
        ),
    )
    passed = [Check("anything", passed=True, detail="")]
    with monkeypatch.context() as lenient:
        lenient.setattr(f"{run}.judge", lambda *_, **__: passed)
        assert running.run(small_config, tmp_path, tmp_path / "models", _quiet).promoted
    registry = bundle.Registry(tmp_path / "models")
    assert registry.aliases() == {"champion": "v1"}

    outcome = running.run(small_config, tmp_path, tmp_path / "models", _quiet)
    assert registry.aliases() == {"champion": "v1", "challenger": "v2"}
    champion = outcome.checks[-1]
    assert not champion.passed
    assert champion.name == "fits better than the champion"
    one, two = (bundle.Bundle.load(tmp_path / "models" / v) for v in ("v1", "v2"))
    np.testing.assert_array_equal(
        one.predict(small_data.splits.test.X),
        two.predict(small_data.splits.test.X),
        err_msg="the same data and seed must give the same model",
    )


def test_corrupting_the_test_period_does_not_change_the_model(
    small_config: Config,
    small_data: Prepared,
    fitted: Fitted,
) -> None:
    rng = np.random.default_rng(0)
    test = small_data.splits.test
    planted = replace(test, X=rng.permuted(test.X, axis=0), y=~test.y)
    splits = Splits(**(vars(small_data.splits) | {"test": planted}))
    with threadpool_limits(limits=1):
        assert fit(splits, small_config, _quiet).onnx == fitted.onnx


def test_export_follows_missing_values_as_the_model_does(
    fitted: Fitted,
    small_data: Prepared,
) -> None:
    test = small_data.splits.test
    holes = test.X.copy()
    holes[np.random.default_rng(0).random(holes.shape) < 0.3] = np.nan
    rows = replace(test, X=holes)
    exported, original = score(fitted.onnx, rows), probabilities(fitted.estimator, rows)
    np.testing.assert_allclose(exported, original, atol=1e-6)


def test_export_splits_exactly_where_the_model_does(
    fitted: Fitted,
    small_data: Prepared,
) -> None:
    """Values on, just below and just above every split of the trees, as float32 can hold them."""
    trees = fitted.estimator.calibrated_classifiers_[0].estimator.estimator
    nodes = np.concatenate([predictor.nodes for (predictor,) in trees._predictors])
    nodes = nodes[~nodes["is_leaf"].astype(bool)]
    splits = nodes["num_threshold"].astype(np.float32)
    rows = np.repeat(small_data.splits.test.X[:1], 3 * len(nodes), axis=0)
    below, above = (
        np.nextafter(splits, np.float32(-np.inf)),
        np.nextafter(splits, np.float32(np.inf)),
    )
    columns = np.tile(nodes["feature_idx"], 3)
    rows[np.arange(len(rows)), columns] = np.concatenate([splits, below, above])
    near = replace(small_data.splits.test, X=rows)
    exported, original = score(fitted.onnx, near), probabilities(fitted.estimator, near)
    np.testing.assert_allclose(exported, original, atol=1e-6)
