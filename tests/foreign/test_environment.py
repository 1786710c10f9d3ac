"""How a change is tried in a repository of others: with its own tools, in a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolder import facts
from scaffolder.foreign import adopt, environment
from scaffolder.tree import read_tree

Make = Callable[[str], Path]
TESTS = ".venv/bin/python -m pytest tests"


@pytest.mark.parametrize(
    ("host", "commands"),
    [
        ("uv_service", ["make --no-print-directory setup", "make --no-print-directory test"]),
        ("poetry_app", ["poetry install", TESTS]),
        ("pipenv_bot", ["pipenv install --dev", TESTS]),
        ("conda_research", ["conda env update --file environment.yml --prefix ./.venv", TESTS]),
        ("flask_service", ["python3 -m venv .venv", "pip install -e .[test]", TESTS.removesuffix("s")]),
        ("setup_library", ["python3 -m venv .venv", "pip install -e .", TESTS]),
    ],
)
def test_it_is_set_up_as_its_people_do_it(host: str, commands: list[str], repository: Make) -> None:
    root = repository(host)
    found = facts.find(root)
    kept = adopt.record(root, found, "", {})
    assert [" ".join(command) for command in environment.trial(root, kept, found)] == commands


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A uv that makes an environment whose Python writes down what it is asked, and fails if `fail` is there."""
    folder = tmp_path / "tools"
    folder.mkdir()
    python = folder / "python"
    python.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
        f"grep -q '^@mount' src/*/main.py || exit 1\ntest ! -e {tmp_path}/fail\n"
    )
    uv = folder / "uv"
    uv.write_text(f"#!/bin/sh\nmkdir -p .venv/bin && cp {python} .venv/bin/python\n")
    for program in (python, uv):
        program.chmod(0o755)
    return folder


def test_verify_without_make_uses_their_tools(
    repository: Make, run_cli: Callable[..., subprocess.CompletedProcess[str]], tools: Path, tmp_path: Path
) -> None:
    root = repository("uv_service")
    (root / "Makefile").unlink()
    before = read_tree(root)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "fail").touch()
    refused = run_cli("add", "http-api", "--verify", cwd=root, PATH=path)
    assert refused.returncode == 1
    assert "$ uv sync" in refused.stderr
    assert "it was not made" in refused.stderr
    assert read_tree(root) == before
    (tmp_path / "fail").unlink()
    done = run_cli("add", "http-api", "--verify", cwd=root, PATH=path)
    assert done.returncode == 0, done.stderr
    assert "with the lines by hand in src/parcel_eta/main.py" in done.stderr
    assert (root / "src/parcel_eta/api/app.py").exists()
    assert (tmp_path / "asked").read_text() == "-m pytest tests\n" * 2
    assert not (root / ".venv").exists()


def test_a_tool_that_is_missing_is_named(
    repository: Make, run_cli: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    root = repository("pipenv_bot")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "")
    refused = run_cli("add", "drift", "--verify", cwd=root, PATH=str(programs))
    assert refused.returncode == 3
    assert "pipenv is not installed" in refused.stderr
