"""The parts of the demonstration, without starting anything big."""

from __future__ import annotations

import importlib
import json
import shutil
import signal
import sys
from itertools import islice
from math import nan
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result
from plugins.monitoring import PROMETHEUS, run_tool

from my_project.bundle import Bundle, Registry
from my_project.cli import main
from my_project.demo import (
    example,
    processes,
    replay,
    rules,
    run,
    summary,
    traffic,
)
from my_project.demo.timeline import (
    Gauges,
    Moment,
    Timeline,
    most_severe,
)
from my_project.drift import Detector
from my_project.drift.synthetic import draw

EXPOSITION = """\
# TYPE drift_psi gauge
drift_psi{feature="amount"} 0.31
drift_psi{feature="age"} 0.02
# TYPE drift_prediction_psi gauge
drift_prediction_psi NaN
# TYPE drift_window_rows gauge
drift_window_rows 1500.0
# TYPE drift_last_evaluation_timestamp_seconds gauge
drift_last_evaluation_timestamp_seconds 1.7e+09
"""


def moment(second: int, psi: float, state: str | None, *, shifted: bool) -> Moment:
    """One second in which 100 rows are sent and one feature has an index."""
    gauges = Gauges({"amount": psi}, 0.01, 2000, 0.0)
    alerts = None if state is None else most_severe([("FeatureDrift", state)])
    return Moment(float(second), shifted, 100 * second, gauges, alerts)


def timeline(*states: str | None, before: int = 6) -> Timeline:
    """A timeline that shifts after `before` seconds, whose index is high from then on."""
    return Timeline(
        [
            moment(second, 0.5 if second > before else 0.01, state, shifted=second > before)
            for second, state in enumerate(states, start=1)
        ]
    )


FIRED = timeline(*["inactive"] * 8, *["pending"] * 5, "firing")


def test_gauges_are_read_from_the_exposition() -> None:
    gauges = Gauges.parse(EXPOSITION)
    assert gauges.worst == ("amount", 0.31)
    assert gauges.prediction_psi != gauges.prediction_psi
    assert gauges.window_rows == 1500
    line = Moment(3.0, False, 900, gauges, None).line()
    assert "amount" in line
    assert "0.310" in line
    assert Gauges.parse("").worst[0] == "-"


def test_rules_are_the_real_ones_but_for_their_patience() -> None:
    text = rules.shortened(PROMETHEUS / "rules" / "drift.yml")
    assert text.startswith("# DEMONSTRATION COPY")
    real = yaml.safe_load((PROMETHEUS / "rules" / "drift.yml").read_text())
    copy = yaml.safe_load(text)
    for group, original in zip(copy["groups"], real["groups"], strict=True):
        for rule, before in zip(group["rules"], original["rules"], strict=True):
            assert rule["expr"] == before["expr"]
            assert rule.get("for", "5s") == "5s"


def test_prometheus_accepts_the_generated_configuration(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules.shortened(PROMETHEUS / "rules" / "drift.yml"))
    (tmp_path / "prometheus.yml").write_text(rules.prometheus_config(8000))
    run_tool("promtool", "check", "config", tmp_path / "prometheus.yml")


def test_the_worst_state_of_an_alert_counts() -> None:
    active = [("FeatureDrift", "firing"), ("FeatureDrift", "pending"), ("Other", "firing")]
    assert most_severe(active) == {
        "FeatureDrift": "firing",
        "PredictionDrift": "inactive",
        "DriftDetectorStale": "inactive",
    }


def drifted(bundle: Bundle, source: traffic.Source, *, shifted: bool) -> list[str]:
    """Features that drift in 5000 rows of a source's requests."""
    bodies = islice(source.bodies(0, shifted=shifted), 50)
    features = bundle.encode([one["features"] for body in bodies for one in body["instances"]])
    assert len(features) == 50 * traffic.BATCH
    window = np.column_stack([features, bundle.predict(features)])
    report = Detector.of(bundle).measure(window)
    return [distance.name for distance in report.features if distance.drifted()]


def test_only_shifted_traffic_drifts(tiny_bundle: Bundle) -> None:
    # This bundle was not made from the project's data, so rows are drawn from its reference.
    source = traffic.source(tiny_bundle, 0)
    assert "amount 1 standard deviation higher" in source.description
    assert drifted(tiny_bundle, source, shifted=False) == []
    assert drifted(tiny_bundle, source, shifted=True) == ["amount"]


def generator(bundle: Bundle, shift: float, extra: str = "") -> ModuleType:
    """A stand-in for the project's data: its `sample` shifts the ages when asked."""

    def sample(rows: int, seed: int, *, shifted: bool) -> list[traffic.Row]:
        shifts = {1: shift} if shifted else {}
        drawn = bundle.decode(draw(bundle, rows, np.random.default_rng(seed), shifts))
        return [{**row, extra: 1.0} if extra else {**row} for row in drawn]

    module = ModuleType("my_project.data")
    module.__dict__["sample"] = sample
    return module


@pytest.mark.parametrize(
    ("shift", "extra", "used"),
    [(1.0, "", "generator"), (0.1, "", "reference"), (1.0, "unknown", "reference")],
)
def test_a_generator_is_used_if_it_fits_the_champion(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, shift: float, extra: str, used: str
) -> None:
    module = generator(tiny_bundle, shift, extra)
    monkeypatch.setattr(importlib, "import_module", lambda _: module)
    assert used in traffic.source(tiny_bundle, 0).description


def test_without_a_generator_the_reference_is_used(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "my_project.data", None)
    assert "reference" in traffic.source(tiny_bundle, 0).description


def test_the_example_model_is_a_champion(tmp_path: Path) -> None:
    example.write(tmp_path)
    assert Bundle.load(Registry(tmp_path).resolve("champion")).version == "example"


def silent(_: str) -> None:
    """Say nothing."""


def test_judge_with_prometheus(tmp_path: Path) -> None:
    assert run.judge(FIRED, tmp_path, silent) == ("prometheus", None)
    never = timeline(*["inactive"] * 8, *["pending"] * 4)
    assert run.judge(never, tmp_path, silent)[1] == "FeatureDrift did not fire"
    early = timeline("inactive", "pending", *["firing"] * 8)
    assert "before anything had shifted" in str(run.judge(early, tmp_path, silent)[1])


def test_judge_with_promtool(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    copy = tmp_path / "rules.yml"
    copy.write_text(rules.shortened(PROMETHEUS / "rules" / "drift.yml"))
    sampled = timeline(*[None] * 20)
    assert run.judge(sampled, copy, silent) == ("promtool", None)
    # The index rises, but not for as long as the rule that is evaluated asks for.
    patient = tmp_path / "patient.yml"
    patient.write_text(copy.read_text().replace("for: 5s", "for: 5m"))
    evaluated_by, problem = run.judge(sampled, patient, silent)
    assert evaluated_by == "promtool"
    assert "FAILED" in str(problem)


def test_judge_with_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    said: list[str] = []
    assert run.judge(timeline(*[None] * 20), tmp_path, said.append) == ("nothing", None)
    assert "Neither prometheus nor promtool" in said[0]
    early = Timeline([moment(second, 0.5, None, shifted=second > 15) for second in range(1, 30)])
    assert "before anything had shifted" in str(run.judge(early, tmp_path, silent)[1])
    low = timeline(*[None] * 8)
    assert run.judge(low, tmp_path, silent)[1] == "the index did not stay above the threshold"


def test_unknown_values_are_replayed_as_such(tmp_path: Path) -> None:
    nothing = Moment(1.0, False, 0, Gauges({}, nan, 10, 0.0), None)
    test = yaml.safe_load(replay.promtool_test([nothing, *FIRED.moments], tmp_path))
    values = [one["values"] for one in test["tests"][0]["input_series"]]
    rows, prediction, psi = values
    assert rows.startswith("10 2000")
    assert prediction.startswith("NaN 0.01")
    assert psi.startswith("_ 0.01")


def test_summary_and_record(tmp_path: Path) -> None:
    outcome = run.Outcome(FIRED, "prometheus", "v1", None)
    assert "fired under shifted traffic" in summary.lines(outcome)[0]
    record = json.loads(summary.write(outcome, run.Plan(), tmp_path).read_text())
    values = {value["name"]: value["value"] for value in record["values"]}
    assert values["PSI above 0.2, rows since the shift"] == 100
    assert values["Alert pending, time since the shift"] == 3
    assert values["Alert firing, rows since the shift"] == 800
    unevaluated = run.Outcome(timeline(*[None] * 20), "nothing", "v1", None)
    assert "no alert was evaluated" in summary.lines(unevaluated)[0]
    failed = run.Outcome(FIRED, "prometheus", "v1", "it did not")
    assert summary.lines(failed) == ["FAILED: it did not"]


SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
IGNORE = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
STUBBORN = [sys.executable, "-c", f"{IGNORE}; print('ready', flush=True); time.sleep(60)"]


def test_a_process_ends_with_its_block_even_when_interrupted(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        processes.running("sleep", SLEEP, {}, tmp_path / "log") as process,
    ):
        raise KeyboardInterrupt
    assert process.poll() is not None


def test_a_process_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.1)
    log = tmp_path / "log"
    with processes.running("stubborn", STUBBORN, {}, log) as process:
        while "ready" not in log.read_text():
            pass
    assert process.returncode == -9


def test_a_process_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no model')"]
    port = processes.free_port()
    with (
        pytest.raises(processes.DemoError, match=r"(?s)ended with status 1.*no model"),
        processes.running("service", command, {}, tmp_path / "log") as process,
        processes.connected(port) as client,
    ):
        processes.wait_until_ready(client, "/", process, 60)


def test_waiting_has_an_end(tmp_path: Path) -> None:
    with (
        pytest.raises(processes.DemoError, match="not ready"),
        processes.running("sleep", SLEEP, {}, tmp_path / "log") as process,
        processes.connected(processes.free_port()) as client,
    ):
        processes.wait_until_ready(client, "/", process, 0.2)


def demonstrate(monkeypatch: pytest.MonkeyPatch, folder: Path, result: object) -> Result:
    """Run the command in a folder with a demonstration that ends at once."""

    def end(*_: object) -> object:
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.chdir(folder)
    monkeypatch.setattr(run, "run", end)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return CliRunner().invoke(main, ["monitor-demo"])


def test_command_writes_a_record_only_of_success(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failed = demonstrate(monkeypatch, tmp_path, run.Outcome(FIRED, "prometheus", "v1", "no"))
    assert failed.exit_code == 1
    assert "FAILED: no" in failed.output
    broken = demonstrate(monkeypatch, tmp_path, processes.DemoError("not ready"))
    assert broken.exit_code == 1
    assert "Error: not ready" in broken.output
    assert not (tmp_path / "evidence").exists()
    succeeded = demonstrate(monkeypatch, tmp_path, run.Outcome(FIRED, "prometheus", "v1", None))
    assert succeeded.exit_code == 0, succeeded.output
    assert (tmp_path / "evidence" / "drift-demo.json").is_file()
