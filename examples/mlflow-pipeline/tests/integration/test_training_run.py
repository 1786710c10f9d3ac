"""A whole experiment: the bundle, the run, the explanations, and nothing from the future."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from plugins.training import AS_OF, UNTIL, Experiment, small_settings

from payments_loop import experiment as experiments
from payments_loop.bundle import Bundle
from payments_loop.experiment import Candidate, ExperimentError, run
from payments_loop.features import examples


def _again(done: Experiment, **changes: object) -> Candidate:
    settings = {
        "as_of": AS_OF,
        "until": UNTIL,
        "tracking": done.tracking,
        "models_dir": done.root / "models",
        "settings": small_settings(),
        "plots": False,
    }
    return run(done.problem, done.lake, **(settings | changes))  # type: ignore[arg-type]


def test_bundle_says_what_it_was_made_of_and_how_good_it_is(experiment: Experiment) -> None:
    made = Bundle.load(experiment.candidate.path)
    assert made.version == "20260302-000000-full"
    assert made.manifest.created == AS_OF
    assert made.manifest.costs == experiment.problem.bundle_costs()
    found = made.manifest.metrics
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert found["auc"] > 0.6
    labelled_days = (AS_OF - timedelta(days=10) - UNTIL).days
    assert found["rows"] == 40 * labelled_days
    assert experiment.candidate.judged_on == "held-out"
    assert experiment.candidate.last < UNTIL


def test_run_in_mlflow_has_everything(experiment: Experiment) -> None:
    client = experiment.tracking.client
    run_id = experiment.candidate.run_id
    recorded = client.get_run(run_id)
    assert recorded.info.status == "FINISHED"
    assert recorded.data.metrics["auc"] == experiment.candidate.metrics["auc"]
    assert recorded.data.params["num_leaves"] == "6"
    assert recorded.data.tags["bundle"] == experiment.candidate.version
    assert recorded.inputs is not None
    (given,) = recorded.inputs.dataset_inputs
    manifest = json.loads(Path(client.download_artifacts(run_id, "manifest.json")).read_text())
    assert given.dataset.digest == manifest["sha256"][:16]
    names = {file.path for file in client.list_artifacts(run_id)}
    assert {"manifest.json", "environment.json", "groups.json", "plots"} <= names
    groups = json.loads(Path(client.download_artifacts(run_id, "groups.json")).read_text())
    assert [row["slice"] for row in groups["table"]] == [
        "channel = app",
        "channel = shop",
        "channel = web",
    ]


def test_model_in_mlflow_answers_like_the_bundle(experiment: Experiment) -> None:
    import mlflow
    import pandas as pd  # type: ignore[import-untyped]

    made = Bundle.load(experiment.candidate.path)
    outputs = experiment.tracking.client.get_run(experiment.candidate.run_id).outputs
    assert outputs is not None
    (logged,) = outputs.model_outputs
    with experiment.tracking.active():
        model = mlflow.pyfunc.load_model(f"models:/{logged.model_id}")
    answers = model.predict(pd.DataFrame(made.examples()))
    np.testing.assert_allclose(answers, made.golden.probabilities, atol=1e-6)


def test_repeated_experiment_finds_its_own_version(experiment: Experiment) -> None:
    again = _again(experiment)
    assert again.version == experiment.candidate.version
    assert again.run_id != experiment.candidate.run_id


def test_other_model_of_the_same_moment_gets_another_version(experiment: Experiment) -> None:
    recent = _again(experiment, window_days=21)
    assert recent.version == "20260302-000000-full-2"
    assert recent.rows < experiment.candidate.rows


def test_held_out_rows_do_not_reach_the_model(experiment: Experiment, tmp_path: Path) -> None:
    earlier = _again(
        experiment,
        as_of=UNTIL + timedelta(days=11),
        models_dir=tmp_path / "models",
    )
    one, other = (Bundle.load(path) for path in (earlier.path, experiment.candidate.path))
    assert one.manifest.metrics["rows"] < other.manifest.metrics["rows"]
    assert (one.path / "model.onnx").read_bytes() == (other.path / "model.onnx").read_bytes()


def test_without_held_out_rows_the_calibration_is_judged_and_named(
    experiment: Experiment,
    tmp_path: Path,
) -> None:
    all_of_them = _again(experiment, until=AS_OF, models_dir=tmp_path / "models")
    assert all_of_them.judged_on == "calibration"
    assert all_of_them.rows > experiment.candidate.rows


def test_explanations_sum_to_the_difference_of_log_odds(experiment: Experiment) -> None:
    made = Bundle.load(experiment.candidate.path)
    X = made.golden.matrix
    parts = experiments.explain(made, X)
    p = made.predict(X).astype(np.float64)
    log_odds = np.log(p / (1 - p))
    np.testing.assert_allclose(
        parts.sum(axis=1) - parts[0].sum(),
        log_odds - log_odds[0],
        atol=1e-4,
    )


def test_reasons_are_what_raises_the_probability_most(experiment: Experiment) -> None:
    path = experiment.candidate.path
    made = Bundle.load(path)
    parts = experiments.explain(path, made.golden.matrix)
    for row, names in zip(parts, experiments.reasons(path, made.golden.matrix), strict=True):
        assert len(names) <= 3
        if names:
            assert names[0] == made.features[int(np.argmax(row))].name
    assert experiments.explain(path, made.golden.matrix[:0]).shape == (0, len(made.features))


def test_baseline_of_the_bundle_is_a_model_of_its_own(experiment: Experiment) -> None:
    found = examples(
        experiment.problem, experiment.lake, start=UNTIL, end=AS_OF, as_of=AS_OF
    ).dataset
    p = experiments.baseline(experiment.candidate.path, found.X)
    assert p.shape == (len(found),)
    assert 0.5 < experiment.candidate.metrics["baseline_auc"] <= 1
    assert p.mean() == pytest.approx(found.y.mean(), abs=0.1)


def test_future_and_empty_windows_are_refused(experiment: Experiment) -> None:
    with pytest.raises(ExperimentError, match="is after as_of"):
        _again(experiment, until=AS_OF + timedelta(days=1))
    with pytest.raises(ExperimentError, match="no rows of orders before"):
        _again(experiment, until=AS_OF - timedelta(days=400))
