"""The installed command, as a user types it."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from my_project import evidence

README = "# Title\n\n<!-- evidence:size -->\n<!-- /evidence:size -->\n\nEnd.\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "my_project", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert done.returncode == 0
    assert done.stdout == f"my-project, version {version('my-project')}\n"


def test_evidence_is_checked_refreshed_and_then_agrees(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(README)
    values = [evidence.Value("Rows", 1200)]
    evidence.write("size", "Size", values, command="make evidence", root=tmp_path)

    done = run(tmp_path, "evidence", "--check")
    assert done.returncode == 1
    assert "differs from the evidence records" in done.stderr
    assert readme.read_text() == README, "--check wrote to the document"

    assert run(tmp_path, "evidence").returncode == 0
    assert "| Rows | 1,200 |" in readme.read_text()
    assert run(tmp_path, "evidence", "--check").returncode == 0


def test_a_broken_record_is_one_message_and_no_traceback(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(README)
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "size.json").write_text("{")
    done = run(tmp_path, "evidence")
    assert done.returncode == 1
    assert "size.json is not an evidence record" in done.stderr
    assert "Traceback" not in done.stderr
    assert readme.read_text() == README
