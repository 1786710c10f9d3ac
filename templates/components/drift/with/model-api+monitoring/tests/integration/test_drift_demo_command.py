"""The whole demonstration, shortened: a real service, real traffic, and Prometheus if installed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from my_project.bundle import Registry
from my_project.demo import run, summary

ROOT = Path(__file__).parents[2]


def test_the_alert_fires_after_the_shift_and_not_before(
    champion_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    plan = run.Plan(normal_seconds=5, shifted_seconds=60, rows_per_second=800, window_rows=1500)
    said: list[str] = []
    outcome = run.run(plan, champion_dir, said.append)
    assert outcome.problem is None, "\n".join(said)
    assert outcome.model_version == Registry(champion_dir).aliases()["champion"]
    assert outcome.evaluated_by == expected()
    record = json.loads(summary.write(outcome, plan, tmp_path).read_text())
    [rows] = [
        value["value"]
        for value in record["values"]
        if value["name"] == "PSI above 0.2, rows since the shift"
    ]
    assert 0 < rows <= 2 * plan.window_rows + 10 * plan.rows_per_second


def expected() -> str:
    """What evaluates the rules on this machine."""
    installed = [name for name in ("prometheus", "promtool") if shutil.which(name)]
    return (*installed, "nothing")[0]
