"""`payments-loop score` in a project with the shop."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from plugins.data_ingestion import PER_DAY

from payments_loop import bundle
from payments_loop.commands.score import command
from payments_loop.lake import Lake
from payments_loop.problem import Problem

Shop = tuple[Problem, Lake, bundle.Registry]


@pytest.fixture
def shop_project(
    problem: Problem,
    lake: Lake,
    shop_models: bundle.Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    """A project folder, current, with problem, lake and champion."""
    monkeypatch.chdir(tmp_path)
    for name in ("APP_PROBLEM", "APP_LAKE_URI", "APP_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    return problem, lake, shop_models


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--as-of", "2026-03-02", *arguments])


@pytest.mark.usefixtures("shop_project")
def test_the_last_week_is_filled_once() -> None:
    first = run()
    assert first.exit_code == 0, first.output
    assert first.output.splitlines()[0].startswith(f"2026-02-23  {PER_DAY} decisions")
    assert first.output.endswith(f"{7 * PER_DAY} decisions scored\n")
    assert run().output.endswith("\n0 decisions scored\n")


@pytest.mark.usefixtures("shop_project")
def test_days_can_be_given_and_scored_again() -> None:
    days = ("--from", "2026-02-10", "--to", "2026-02-11")
    assert run(*days).output.endswith(f"\n{2 * PER_DAY} decisions scored\n")
    assert run(*days, "--again").output.endswith(f"\n{2 * PER_DAY} decisions scored\n")


@pytest.mark.usefixtures("shop_project")
def test_wrong_days_and_a_missing_model_are_explained(tmp_path: Path) -> None:
    wrong = run("--from", "2026-02-12", "--to", "2026-02-11")
    assert (wrong.exit_code, "is after --to" in wrong.output) == (2, True)
    missing = run("--models-dir", str(tmp_path / "nothing"))
    assert missing.exit_code == 1
    assert "no champion is set" in missing.output
