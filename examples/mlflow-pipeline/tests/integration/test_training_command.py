"""`payments-loop experiment`, as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugins.training import Experiment

from payments_loop.cli import main

CONFIG = """
[data]
warm_up_days = 3
[model]
num_iterations = 30
num_leaves = 6
min_data_in_leaf = 20
"""


@pytest.fixture
def root(experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the shop, its lake, an empty store and small settings."""
    for name in ("problems", "data"):
        shutil.copytree(experiment.root / name, tmp_path / name)
    shutil.copy(experiment.root / "mlflow.db", tmp_path / "mlflow.db")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "training.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_experiment_writes_its_evidence(root: Path) -> None:
    result = CliRunner().invoke(main, ["experiment", "--evidence", "--name", "trial"])
    assert result.exit_code == 0, result.output
    assert "-trial: AUC" in result.output
    record = json.loads((root / "evidence" / "experiment.json").read_text())
    values = {value["name"]: value for value in record["values"]}
    assert values["ROC AUC"]["low"] <= values["ROC AUC"]["value"] <= values["ROC AUC"]["high"]
    assert values["ROC AUC"]["value"] < values["ROC AUC, best possible"]["high"]
    assert values["Cost per 1,000 decisions"]["unit"] == "EUR"
    for plot in record["plots"]:
        assert (root / plot["path"]).read_bytes().startswith(b"\x89PNG")
    groups = json.loads((root / "evidence" / "experiment-groups.json").read_text())
    assert (
        sum(row["rows"] for row in groups["details"]["groups"]) == values["Held-out rows"]["value"]
    )


def test_what_is_wrong_is_said(root: Path) -> None:
    result = CliRunner().invoke(main, ["experiment", "--until", "2030-01-01"])
    assert result.exit_code == 1
    assert "is after as_of" in result.output
    (root / "config" / "training.toml").write_text("trees = 7\n")
    result = CliRunner().invoke(main, ["experiment"])
    assert result.exit_code == 1
    assert "trees" in result.output
