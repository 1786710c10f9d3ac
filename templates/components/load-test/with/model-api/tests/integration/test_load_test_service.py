from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from my_project.commands.chaos import command as chaos_command
from my_project.commands.load import command as load_command
from my_project.load import chaos, service
from my_project.load.generate import Plan, measure
from my_project.load.levels import Level
from my_project.load.sources import bundle as source
from my_project.load.summary import Result
from my_project.load.traffic import Traffic


@pytest.fixture(autouse=True)
def served(champion_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_MODELS_DIR", str(champion_dir))


@pytest.fixture
def traffic() -> Traffic:
    return Traffic(source.PATH, source.bodies(50, seed=0))


def test_service_answers_with_its_key_and_refuses_without(traffic: Traffic) -> None:
    plan = Plan(4, duration=0.5, warm_up=0.1)
    with service.this_project() as running:
        target = running.target(traffic.path)
        result = measure(target, traffic.bodies, plan, server_cpu=running.cpu_seconds)
        stranger = service.Service(running.url).target(traffic.path)
        refused = measure(stranger, traffic.bodies, Plan(1, warm_up=0, max_requests=5))
    assert set(result.outcomes) == {"200"}
    assert result.cpu_per_request > 0
    assert refused.outcomes == {"401": 5}


def test_command_starts_the_service_and_gates_on_the_objective() -> None:
    arguments = ["--concurrency", "2", "--duration", "0.3", "--warm-up", "0.1"]
    result = CliRunner().invoke(load_command, [*arguments, "--slo-ms", "0.001"])
    assert result.exit_code == 1
    assert "the objective is 0.001 ms" in result.stderr


@pytest.mark.parametrize("scenario", chaos.SCENARIOS[2:], ids=lambda scenario: scenario.name)
def test_service_behaves_under(scenario: chaos.Scenario, traffic: Traffic) -> None:
    level, complaints = chaos.run(scenario, traffic, seconds=0.5)
    assert complaints == []
    assert level.requests > 0


def test_command_reports_every_fault_and_fails_for_a_misbehaving_service(
    monkeypatch: pytest.MonkeyPatch, traffic: Traffic
) -> None:
    def run(scenario: chaos.Scenario, sent: Traffic, seconds: float) -> tuple[Level, list[str]]:
        assert (sent.path, seconds) == (traffic.path, 0.2)
        latencies = np.array([10**6], dtype=np.int64)
        result = Result(latencies, latencies, {"200": 1, "500": 1}, 1.0, 0.0, 0.0)
        return Level(Plan(1), [result]), ["answered 500"] if scenario.delay else []

    monkeypatch.setattr(chaos, "run", run)
    result = CliRunner().invoke(chaos_command, ["--duration", "0.2"])
    assert result.exit_code == 1
    assert result.stdout.count("200: 1, 500: 1") == len(chaos.SCENARIOS)
    assert "50 ms slower network: answered 500" in result.stderr
