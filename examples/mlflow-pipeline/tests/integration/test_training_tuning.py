"""Tuning: killed and continued, it is the study that it would have been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from plugins.training import Experiment, small_settings

from payments_loop.evaluation import Dataset
from payments_loop.experiment import ExperimentError, run
from payments_loop.experiment.tuning import finished, opened, tune

# Tunes on the rows of the fixture, and dies without warning within its third trial.
DIES = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, "tests")
from plugins.model_evaluation import make_rows
from plugins.training import small_settings
from payments_loop.experiment import tuning
count = [0]
original = tuning.fit_trees
def dies(*args, **options):
    count[0] += 1
    if count[0] == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, **options)
tuning.fit_trees = dies
settings = small_settings(folder=Path(sys.argv[1]))
rows = make_rows(3000)
with tuning.opened(rows, settings) as study:
    tuning.tune(study, rows, settings, seed=7, watch=lambda trial: None)
"""


def _nothing(_: object) -> None:
    pass


def test_killed_study_goes_on_as_if_nothing_had_happened(rows: Dataset, tmp_path: Path) -> None:
    killed = small_settings(folder=tmp_path / "killed")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path / "killed")],
        cwd=root,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    (journal,) = (tmp_path / "killed").glob("*.journal")
    with journal.open("a") as file:
        file.write('{"op_code": 5, "work')  # as a kill within a write would leave it
    with opened(rows, killed) as study:
        assert len(finished(study)) == 2
        continued = tune(study, rows, killed, seed=7, watch=_nothing)
    straight = small_settings(folder=tmp_path / "straight")
    with opened(rows, straight) as study:
        uninterrupted = tune(study, rows, straight, seed=7, watch=_nothing)
    assert continued == uninterrupted
    assert continued.loss <= continued.untuned


def test_one_process_at_a_time(rows: Dataset, tmp_path: Path) -> None:
    settings = small_settings(folder=tmp_path)
    second = opened(rows, settings)
    with opened(rows, settings), pytest.raises(ExperimentError, match="another process"):
        second.__enter__()


def test_tuned_experiment_has_nested_runs(experiment: Experiment, tmp_path: Path) -> None:
    candidate = run(
        experiment.problem,
        experiment.lake,
        as_of=experiment.lake.parts("orders")[-1].last_known or experiment.candidate.last,
        until=experiment.candidate.last,
        tune=True,
        tracking=experiment.tracking,
        models_dir=tmp_path / "models",
        settings=small_settings(trials=2, folder=tmp_path / "studies"),
        plots=False,
    )
    client = experiment.tracking.client
    nested = client.search_runs(
        [experiment.tracking.experiment()],
        f"tags.mlflow.parentRunId = '{candidate.run_id}'",
    )
    assert len(nested) == 2
    assert all(trial.info.status == "FINISHED" for trial in nested)
    recorded = client.get_run(candidate.run_id).data.params
    assert recorded["num_leaves"] == str(candidate.parameters["num_leaves"])
