"""`fraud-scoring drift` as a user runs it, on files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from fraud_scoring.bundle import Bundle, Registry
from fraud_scoring.cli import main
from fraud_scoring.drift import files
from fraud_scoring.drift.synthetic import draw


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["drift", *map(str, arguments)])


def write_csv(path: Path, bundle: Bundle, rows: int, shifts: dict[int, float]) -> Path:
    decoded = bundle.decode(draw(bundle, rows, np.random.default_rng(0), shifts))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*decoded[0], "outcome"])
        writer.writeheader()
        writer.writerows({**row, "outcome": 1} for row in decoded)
    return path


def test_report_on_undrifted_rows(champion_dir: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(Registry(champion_dir).resolve("champion"))
    path = write_csv(tmp_path / "recent.csv", bundle, 1500, {})
    result = run("--models-dir", champion_dir, "report", path)
    assert result.exit_code == 0, result.output
    assert "1500 rows" in result.output
    assert "0 of 4 variables drifted" in result.output


def test_report_on_drifted_rows(champion_dir: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(Registry(champion_dir).resolve("champion"))
    path = write_csv(tmp_path / "recent.csv", bundle, 1500, {1: 1.0})
    result = run("--models-dir", champion_dir, "report", "--json", path)
    assert result.exit_code == 1
    assert json.loads(result.output)["drifted"] == ["age_days", "probability"]
    table = run("--models-dir", champion_dir, "report", path).output.splitlines()
    assert table[3].startswith("age_days")
    assert table[3].endswith("DRIFT")


def test_report_reads_json_lines(champion_dir: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(Registry(champion_dir).resolve("champion"))
    rows = bundle.decode(draw(bundle, 1200, np.random.default_rng(1)))
    path = tmp_path / "recent.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("--models-dir", champion_dir, "report", path).exit_code == 0


def test_unknown_categories_and_unreadable_numbers_are_drift(
    tiny_bundle: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("amount,age_days,channel\n1,2,web\n,inf,fax\nmany,3,web\n")
    matrix = files.read(path, tiny_bundle.features)
    expected = np.array([[1, 2, 2], [np.nan, np.nan, np.nan], [np.nan, 3, 2]])
    assert np.array_equal(matrix, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.parquet", b"PAR1", "expected a .csv or .jsonl file"),
        ("rows.csv", b"amount,age_days,channel\n", "has no rows"),
        ("rows.csv", b"amount,channel\n1,web\n", "has no column age_days"),
        ("rows.csv", b"amount\n\xff\n", "is not UTF-8 text"),
        ("rows.csv", b"amount,age_days,channel\n1,2,web\n", "has 1 rows; 1000 are needed"),
        ("rows.jsonl", b'{"amount": 1}\nnope\n', "rows.jsonl:2: is not JSON"),
        ("rows.jsonl", b"[1]\n", "rows.jsonl:1: is not an object"),
    ],
)
def test_report_says_what_is_wrong_with_a_file(
    champion_dir: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    result = run("--models-dir", champion_dir, "report", path)
    assert result.exit_code == 2
    assert message in result.output


def test_without_a_model(models_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("amount\n1\n")
    assert "no champion is set" in run("--models-dir", models_dir, "report", path).output
    measured = run("--models-dir", models_dir, "measure")
    assert measured.exit_code == 0
    assert "No champion yet" in measured.output


def test_measure_writes_the_record(
    champion_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--models-dir", champion_dir, "measure", "--seeds", "5")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "evidence" / "drift.json").is_file()
