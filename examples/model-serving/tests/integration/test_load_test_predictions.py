"""Predictions under load."""

from __future__ import annotations

from pathlib import Path

import pytest

from fraud_scoring.load import chaos, service
from fraud_scoring.load.generate import Plan, measure
from fraud_scoring.load.sources import bundle as source
from fraud_scoring.load.traffic import Traffic


@pytest.fixture(autouse=True)
def served(champion_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_MODELS_DIR", str(champion_dir))


@pytest.fixture
def traffic() -> Traffic:
    return Traffic(source.PATH, source.bodies(50, seed=0), together=source.TOGETHER)


def test_every_prediction_is_answered(traffic: Traffic) -> None:
    plan = Plan(4, duration=0.5, warm_up=0.1)
    with service.this_project() as running:
        target = running.target(traffic.path)
        result = measure(target, traffic.bodies, plan, server_cpu=running.cpu_seconds)
    assert set(result.outcomes) == {"200"}
    assert result.cpu_per_request > 0


@pytest.mark.parametrize("scenario", chaos.SCENARIOS[2:], ids=lambda scenario: scenario.name)
def test_service_behaves_under(scenario: chaos.Scenario, traffic: Traffic) -> None:
    level, complaints = chaos.run(scenario, traffic, seconds=0.5)
    assert complaints == []
    assert level.requests > 0
