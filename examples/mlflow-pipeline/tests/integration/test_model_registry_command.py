"""The command line, on a real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from plugins.model_registry import MakeVersion, promoting

from payments_loop import evidence
from payments_loop.commands import registry as commands
from payments_loop.registry import ModelRegistry, canary
from payments_loop.registry.canary import Traffic
from payments_loop.registry.measure import measure


@pytest.fixture
def invoke(
    registry: ModelRegistry,
    make_version: MakeVersion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> object:
    """Run `payments-loop registry ...` in a folder where v1 is champion and v2 is registered."""
    registry.promote(make_version("v1"), reason="first")
    make_version("v2")
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/registry.toml").write_text("[canary]\nminimum_rows = 10\n")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(commands.command, list(arguments))

    return run


def test_promote_by_decision_look_and_roll_back(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    decision = tmp_path / "decision.json"
    decision.write_text(promoting("v2", "v1").model_dump_json())
    assert "v2 is champion" in invoke("promote", "v2", "--decision", str(decision)).output
    assert "champion     v2" in invoke("status").output
    assert "v1 is champion" in invoke("rollback", "--reason", "complaints").output
    lines = invoke("history").output.splitlines()
    assert len(lines) == 3
    assert "complaints" in lines[-1]
    assert json.loads((tmp_path / "models" / "aliases.json").read_text())["champion"] == "v1"
    assert "nothing new" in invoke("pull").output


def test_mistakes_are_explained(invoke, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "wrong.json").write_text("{}")
    result = invoke("promote", "v2", "--decision", str(tmp_path / "wrong.json"))
    assert "no decision of the gate" in result.output
    assert "say why" in invoke("promote", "v2").output
    assert "there is no challenger" in invoke("canary").output
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    result = invoke("rollback", "--reason", "test")
    assert result.exit_code == 1
    assert "does not answer" in result.output


@pytest.mark.parametrize(
    ("seconds", "status", "says"),
    [(0.01, 0, "v2 is champion"), (9.0, 1, "no challenger")],
)
def test_canary_goes_on_or_is_withdrawn(  # type: ignore[no-untyped-def]
    invoke,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    status: int,
    says: str,
) -> None:
    traffic = {"v1": Traffic(100, 5, 100, 0.01), "v2": Traffic(100, 5, 100, seconds)}
    monkeypatch.setattr(canary, "read", lambda *_: traffic)
    assert "v2 is challenger" in invoke("challenge", "v2").output
    result = invoke("canary", "--advance", "--abort")
    assert (result.exit_code, says in result.output) == (status, True), result.output


def test_evidence_of_the_gate_is_written(tmp_path: Path) -> None:
    path = measure(tmp_path, gates=20)
    record = json.loads(path.read_text())
    assert path == tmp_path / evidence.FOLDER / "gate.json"
    assert len(record["values"]) == 6
    assert record["values"][-1]["value"] > 50
