"""The command line on a trained model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from plugins.tabular_model import CONFIG, Trained

from fraud_scoring import bundle
from fraud_scoring.cli import main


@pytest.fixture
def root(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a champion and a small configuration."""
    shutil.copytree(trained.root / "models", tmp_path / "models")
    bundle.Registry(tmp_path / "models").promote(trained.outcome.bundle.version)
    (tmp_path / "config").mkdir()
    text = CONFIG.read_text().replace("[data]\n", "[data]\nrows = 14000\nweeks = 10\n")
    text = text.replace("2026-07-06", "2026-03-16")
    text = text.replace("[8, 16]", "[4, 6]").replace("max_iter = 250", "max_iter = 40")
    (tmp_path / "config" / "tabular-model.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def _answer(output: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(output[output.index("{") :])
    return answer


@pytest.mark.usefixtures("root")
def test_predict_scores_a_row_of_the_test_set(trained: Trained) -> None:
    result = _run("predict")
    assert result.exit_code == 0, result.output
    answer = _answer(result.output)
    assert answer["model_version"] == trained.outcome.bundle.version
    golden = trained.outcome.bundle.golden
    assert answer["probability"] == pytest.approx(golden.probabilities[0], abs=1e-6)
    assert result.output.startswith(f"{answer['decision']}: probability")
    assert (answer["decision"] == "review") == (answer["probability"] >= answer["threshold"])


@pytest.mark.usefixtures("root")
def test_predict_reads_what_data_sample_prints() -> None:
    sampled = _run("data", "sample", "--seed", "5")
    assert sampled.exit_code == 0
    direct = _answer(_run("predict", "-", stdin=sampled.output).output)
    assert direct["features"] == json.loads(sampled.output)
    wrapped = json.dumps({"features": json.loads(sampled.output)})
    assert _answer(_run("predict", "-", stdin=wrapped).output) == direct


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "one JSON object"),
        ('{"features": 1}', "must be an object"),
        ('{"amount": -1}', "'amount' must be a number of at least 0"),
        ('{"colour": "red"}', "'colour' is not a feature"),
    ],
)
def test_predict_refuses_what_it_cannot_score(stdin: str, message: str) -> None:
    result = _run("predict", "-", stdin=stdin)
    assert result.exit_code == 1
    assert message in result.output


def test_predict_without_a_model_says_so(tmp_path: Path) -> None:
    result = _run("predict", "--models-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "no champion is set" in result.output


@pytest.mark.usefixtures("root")
def test_data_check_shows_the_periods() -> None:
    result = _run("data", "check")
    assert result.exit_code == 0, result.output
    assert "14,000 rows" in result.output
    assert [line.split()[0] for line in result.output.splitlines()[1:]] == [
        "train",
        "calibration",
        "validation",
        "test",
    ]


def test_data_check_fails_on_bad_data(root: Path) -> None:
    path = root / "config" / "tabular-model.toml"
    path.write_text(path.read_text().replace("2026-03-16", "2026-04-16"))
    result = _run("data", "check")
    assert result.exit_code == 1
    assert "freshness" in result.output


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_exported_data_trains_like_the_generator(root: Path, name: str) -> None:
    assert _run("data", "export", name).exit_code == 0
    generated = _run("data", "check").output
    path = root / "config" / "tabular-model.toml"
    path.write_text(path.read_text().replace('source = "generator"', f'source = "{name}"'))
    assert _run("data", "check").output == generated


@pytest.mark.usefixtures("root")
def test_export_to_another_format_is_refused() -> None:
    result = _run("data", "export", "rows.xlsx")
    assert result.exit_code == 1
    assert "only .csv and .parquet" in result.output


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("command", [("train",), ("evaluate",), ("data", "check")])
def test_missing_configuration_is_named(command: tuple[str, ...]) -> None:
    result = _run(*command, "--config", "absent.toml")
    assert result.exit_code == 1
    assert "absent.toml" in result.output


def test_evaluate_writes_records_and_plots(root: Path, trained: Trained) -> None:
    result = _run("evaluate")
    assert result.exit_code == 0, result.output
    record = json.loads((root / "evidence" / "model.json").read_text())
    values = {value["name"]: value for value in record["values"]}
    auc = trained.outcome.evaluation["auc"]
    assert values["ROC AUC"]["value"] == pytest.approx(auc.value)
    assert values["ROC AUC"]["low"] == pytest.approx(auc.low)
    assert values["Cost per 1,000 decisions"]["unit"] == "EUR"
    assert record["data_sha256"] == trained.outcome.bundle.manifest.data_sha256
    for plot in record["plots"]:
        assert (root / plot["path"]).read_bytes().startswith(b"\x89PNG")
    parts = json.loads((root / "evidence" / "slices.json").read_text())["details"]["slices"]
    channels = [part for part in parts if part["slice"].startswith("channel")]
    assert sum(part["rows"] for part in channels) == values["Test rows"]["value"]


def test_evaluate_refuses_a_champion_of_other_features(root: Path) -> None:
    path = root / "config" / "tabular-model.toml"
    path.write_text(path.read_text().replace("drop = []", 'drop = ["weekday"]'))
    result = _run("evaluate")
    assert result.exit_code == 1
    assert "other features" in result.output


def test_train_says_what_it_found_and_decided(
    root: Path,
    trained: Trained,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "fraud_scoring.training.run.run",
        lambda *_: trained.outcome,
    )
    result = _run("train", "--models-dir", str(root / "models"))
    assert result.exit_code == 0, result.output
    assert f"Bundle: {trained.outcome.bundle.path}" in result.output
    assert result.output.count("Gate, ") == len(trained.outcome.checks)
    decided = "is champion" if trained.outcome.promoted else "is NOT promoted"
    assert decided in result.output


def test_generated_table_has_the_columns_that_the_configuration_names(root: Path) -> None:
    assert _run("data", "export", "rows.parquet").exit_code == 0
    columns = pl.read_parquet(root / "rows.parquet").columns
    assert {"payment_id", "time", "fraud", "true_probability", "amount"} <= set(columns)
