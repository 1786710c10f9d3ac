"""The command, the settings, and the study of leaks."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import payments_loop.features.study as study
from payments_loop.cli import main
from payments_loop.features import FeatureError
from payments_loop.features.relations import Span, read
from payments_loop.features.settings import Settings
from payments_loop.lake import Lake
from payments_loop.problem import Problem


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    found = CliRunner().invoke(main, ["features", *arguments])
    return found.exit_code, found.output


@pytest.mark.usefixtures("problem", "lake")
def test_build_shows_or_writes_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    period = ("build", "--from", "2026-02-01", "--to", "2026-02-02", "--as-of", "2026-03-02")
    code, output = run(*period)
    assert code == 0, output
    assert "80 decisions, 6 features" in output
    assert run(*period, "--output", "found.csv")[0] == 0
    assert run(*period, "--labels", "--output", "found.parquet")[0] == 0
    assert pl.read_parquet("found.parquet")["target"].is_in([0, 1]).all()
    assert pl.read_csv("found.csv").height == 80


def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run("check", "--day", "2026-02-01")
    assert code == 2
    assert "problem" in output


@pytest.mark.usefixtures("problem", "lake")
def test_feast_need_not_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "feast", None)
    code, output = run("feast", "apply", "--from", "2026-02-01", "--to", "2026-02-02")
    assert code == 1
    assert "uv sync --inexact --group feast" in output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("engin = 'duckdb'", "features.toml: engin: Extra inputs"),
        ("chunk_rows = 0", "features.toml: chunk_rows"),
        ("engine =", "features.toml: Invalid"),
        ("feast = {offline_store = {type = 'dask'}}", "feast.offline_store: .*drops rows"),
    ],
)
def test_settings_are_checked(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config" / "features.toml"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(FeatureError, match=words):
        Settings.load(tmp_path)
    path.unlink()
    assert Settings.load(tmp_path).engine == "polars"


def test_the_committed_settings_are_valid() -> None:
    assert Settings.load(Path(__file__).parents[2]).engine in {"duckdb", "polars", "spark"}


def test_who_forgets_the_delay_sees_outcomes_at_once(
    problem: Problem, lake: Lake, as_of: datetime
) -> None:
    tables = read(problem, lake, Span(as_of.replace(month=1, day=1), as_of, as_of))
    hasty = study.hasty(problem, tables)
    times = dict(tables["orders"].select("order_id", "time").iter_rows())
    found = hasty["returns"].to_dicts()
    assert all(row["known_at"] == row["returned_at"] == times[row["order_id"]] for row in found)
    assert hasty["orders"] is tables["orders"]
    assert len(found) == tables["returns"].height > 100


def test_the_study_writes_its_record(
    problem: Problem, lake: Lake, as_of: datetime, tmp_path: Path
) -> None:
    pytest.importorskip("lightgbm")
    record = json.loads(study.measure(problem, lake, as_of, tmp_path).read_text())
    values = {value["name"]: value["value"] for value in record["values"]}
    assert values["Promised and not kept"] == pytest.approx(
        values["AUC promised with the leak"] - values["AUC of that model in service"]
    )
    assert 0.5 < values["AUC promised here"] < 1
    assert values["28 days, nothing new"] > 1
    with pytest.raises(FeatureError, match="too few outcomes"):
        study.measure(problem, lake, as_of.replace(month=1, day=25), tmp_path)
