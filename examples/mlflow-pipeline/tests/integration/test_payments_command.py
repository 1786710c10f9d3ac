"""The commands `payments incidents` and `payments measure`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugins.payments import ROOT

from payments_loop.cli import main
from payments_loop.payments import World

pytestmark = pytest.mark.usefixtures("project")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "problems", tmp_path / "problems")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_incidents_are_listed() -> None:
    result = CliRunner().invoke(main, ["payments", "incidents"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert len(lines) == len(World().incidents)
    assert lines[0].startswith(str(World().incidents[0].first))
    assert any(" to " in line and "concept_drift" in line for line in lines)


def test_a_broken_world_is_explained(project: Path) -> None:
    (project / "problems/payments/world.toml").write_text("seed = -1")
    result = CliRunner().invoke(main, ["payments", "incidents"])
    assert result.exit_code == 1
    assert "world.toml: seed" in result.output


def test_the_problem_is_measured(project: Path) -> None:
    result = CliRunner().invoke(main, ["payments", "measure", "--seeds", "1"])
    assert result.exit_code == 0, result.output
    record = json.loads((project / "evidence/problem.json").read_text())
    values = {value["name"]: value["value"] for value in record["values"]}
    assert 2 < values["Payments that are frauds"] < 3.5
    assert 0.8 < values["Best possible AUC, quiet period"] < 0.87
    costs = [values[name] for name in values if name.startswith("Cost")]
    everything, _, rule, ceiling = costs
    assert ceiling < rule < everything


def test_without_its_folder_nothing_is_measured(project: Path) -> None:
    shutil.rmtree(project / "problems/payments")
    result = CliRunner().invoke(main, ["payments", "measure"])
    assert result.exit_code == 1
    assert "payments" in result.output
