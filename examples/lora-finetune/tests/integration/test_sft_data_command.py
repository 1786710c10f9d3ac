"""`text2json sft` as it is typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from text2json.commands.sft import command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with small splits."""
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/data.toml").write_text("train = 40\nvalidation = 6\ntest = 9\n")
    made = CliRunner().invoke(command, ["make", "--evidence"])
    assert made.exit_code == 0, made.output
    assert "leaks: 0 near duplicates, 0 equal questions" in made.output
    return Path("data/sft")


def test_what_is_made_is_recorded_checked_and_shown(folder: Path) -> None:
    record = json.loads(Path("evidence/data.json").read_text())
    assert {value["name"]: value["value"] for value in record["values"]}["rows, test"] == 9
    runner = CliRunner()
    assert runner.invoke(command, ["check"]).exit_code == 0
    shown = runner.invoke(command, ["show", "--count", "1", "--split", "test"]).output.splitlines()
    first = json.loads((folder / "test.jsonl").read_text().splitlines()[0])
    assert shown == [
        f"{first['id']}  {first['family']}  {first['composition']}",
        f"  {first['messages'][1]['content']}",
        f"  {first['messages'][2]['content']}",
    ]


def test_a_leak_fails_the_check_and_is_shown(folder: Path) -> None:
    row = json.loads((folder / "test.jsonl").read_text().splitlines()[0])
    with (folder / "train.jsonl").open("a") as train:
        train.write(json.dumps(row | {"id": "stolen"}) + "\n")
    result = CliRunner().invoke(command, ["check"])
    assert result.exit_code == 1
    assert f"test {row['id']} is 1.00 like stolen" in result.output


def test_what_is_wrong_is_said(folder: Path) -> None:
    runner = CliRunner()
    shutil.rmtree(folder)
    assert "train.jsonl" in runner.invoke(command, ["check"]).output
    Path("config/data.toml").write_text('source = "mine.jsonl"\n')
    Path("mine.jsonl").write_text('{"messages": []}\n')
    made = runner.invoke(command, ["make"])
    assert made.exit_code == 1
    assert "mine.jsonl:1: messages" in made.output
