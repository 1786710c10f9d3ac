"""What the documents say is so."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("bench/*.md"),
        *ROOT.glob("examples/*.md"),
        *ROOT.glob("templates/components/*/README.md"),
    ]
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http", "mailto:")):
            assert (path.parent / target).exists(), target


def test_the_first_two_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(.*?)```", readme, re.S)
    assert block
    commands = [shlex.split(line, comments=True) for line in block[1].splitlines() if line.strip()]
    assert commands == [["make", "demo"], ["make", "test"]]
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for _, target in commands:
        assert f"  {target} " in listed


def test_the_page_of_results_says_what_the_records_say() -> None:
    done = subprocess.run([sys.executable, "bench/report.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run python bench/report.py"


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "scaffolder/cli/commands").glob("[a-z]*.py"):
        assert f"`{path.stem.rstrip('_')}" in readme, path.stem
