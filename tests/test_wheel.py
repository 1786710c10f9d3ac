"""The wheel carries the templates: it works where no checkout is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.life
def test_the_wheel_installed_elsewhere_generates_a_project(tmp_path: Path) -> None:
    run(sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT, cwd=tmp_path)
    wheel = next(tmp_path.glob("*.whl"))
    run(sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable, "env", cwd=tmp_path)
    python = tmp_path / "env/bin/python"
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, wheel, cwd=tmp_path)
    listed = run(tmp_path / "env/bin/scaffolder", "list", cwd=tmp_path)
    assert "model-serving" in listed
    run(tmp_path / "env/bin/scaffolder", "new", "model-serving", "elsewhere", "--defaults", cwd=tmp_path)
    assert (tmp_path / "elsewhere/src/elsewhere/__init__.py").exists()
    packages = run(sys.executable, "-m", "uv", "pip", "list", "--python", python, "--format", "freeze", cwd=tmp_path)
    of_copier_and_cookiecutter = 36
    assert "scaffolder" in packages
    assert len(packages.splitlines()) <= of_copier_and_cookiecutter + 25
