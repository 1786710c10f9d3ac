"""The command line, as a user types it."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from text2json import evidence
from text2json.cli import main

README = "# Title\n\n<!-- evidence:size -->\n<!-- /evidence:size -->\n\nEnd.\n"


@pytest.fixture
def readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "README.md"
    path.write_text(README)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_module_runs_as_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "text2json", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    name, _, number = done.stdout.rstrip("\n").partition(", version ")
    assert name == "text2json"
    assert number == version(name)


def test_evidence_is_checked_refreshed_and_then_agrees(readme: Path, tmp_path: Path) -> None:
    values = [evidence.Value("Rows", 1200)]
    evidence.write("size", "Size", values, command="make evidence", root=tmp_path)

    done = run("evidence", "--check")
    assert done.exit_code == 1
    assert "differs from the evidence records" in done.stderr
    assert readme.read_text() == README, "--check wrote to the document"

    assert run("evidence").exit_code == 0
    assert "| Rows | 1,200 |" in readme.read_text()
    assert run("evidence", "--check").exit_code == 0


def test_a_broken_record_is_named_and_nothing_is_written(readme: Path, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "size.json").write_text("{")
    done = run("evidence")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: README.md: ")
    assert "size.json is not an evidence record" in done.stderr
    assert readme.read_text() == README
