"""This project's own service under load, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from click.testing import CliRunner

from text2json.commands.chaos import command as chaos_command
from text2json.commands.load import command as load_command
from text2json.load import chaos, service, sources, traffic
from text2json.load.generate import Plan, measure
from text2json.load.levels import Level
from text2json.load.summary import Result
from text2json.load.traffic import Traffic


@pytest.fixture(autouse=True)
def ready(service_settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in service_settings.items():
        monkeypatch.setenv(name, value)


def test_service_answers_with_its_key_and_refuses_without() -> None:
    sent = traffic.from_examples()
    with service.this_project() as running:
        target = running.target(sent.path, sent.method)
        plan = Plan(2, duration=600, warm_up=0, timeout=60, max_requests=200)
        result = measure(target, sent.bodies, plan, server_cpu=running.cpu_seconds)
        stranger = service.Service(running.url).target(sent.path, sent.method)
        refused = measure(stranger, sent.bodies, Plan(1, warm_up=0, max_requests=5))
    assert result.outcomes == {"200": 200}
    assert result.cpu_per_request > 0
    assert refused.outcomes == {"401": 5}


def test_command_starts_the_service_and_gates_on_the_objective(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An example of the service that runs here; a source's requests are for the project's own models.
    monkeypatch.setattr(sources, "__path__", [])
    arguments = ["--concurrency", "2", "--max-requests", "10", "--warm-up", "0", "--timeout", "60"]
    result = CliRunner().invoke(load_command, [*arguments, "--slo-ms", "0.001"])
    assert result.exit_code == 1
    assert "the objective is 0.001 ms" in result.stderr


def test_connections_that_are_reset_do_no_lasting_harm() -> None:
    sent = traffic.from_examples()
    [scenario] = [found for found in chaos.SCENARIOS if found.reset_share]
    level, complaints = chaos.run(scenario, sent, seconds=1)
    assert complaints == []
    assert level.requests > 0


def test_command_reports_every_fault_and_fails_for_a_misbehaving_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = traffic.from_project(count=20)

    def run(scenario: chaos.Scenario, given: Traffic, seconds: float) -> tuple[Level, list[str]]:
        assert (given.path, seconds) == (sent.path, 0.2)
        latencies = np.array([10**6], dtype=np.int64)
        result = Result(latencies, latencies, {"200": 1, "500": 1}, 1.0, 0.0, 0.0)
        return Level(Plan(1), [result]), ["answered 500"] if scenario.delay else []

    monkeypatch.setattr(chaos, "run", run)
    result = CliRunner().invoke(chaos_command, ["--duration", "0.2"])
    assert result.exit_code == 1
    assert result.stdout.count("200: 1, 500: 1") == len(chaos.SCENARIOS)
    assert "50 ms slower network: answered 500" in result.stderr
