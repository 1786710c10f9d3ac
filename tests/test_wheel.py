"""The wheel carries templates and walkthroughs, made from the checkout or the sdist: it works elsewhere."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contents(wheel: Path) -> dict[str, bytes]:
    """Files of a wheel but for its record."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("RECORD")}


@pytest.mark.life
def test_the_wheel_installed_elsewhere_generates_a_project(tmp_path: Path) -> None:
    # Without --wheel, uv builds the wheel from the sdist, unpacked where no git repository is.
    run(sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", tmp_path / "dist", ROOT, cwd=tmp_path)
    run(sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path / "direct", ROOT, cwd=tmp_path)
    wheel = next((tmp_path / "dist").glob("*.whl"))
    assert contents(wheel) == contents(next((tmp_path / "direct").glob("*.whl")))
    with tarfile.open(next((tmp_path / "dist").glob("*.tar.gz"))) as sdist:
        packed = {name.partition("/")[2] for name in sdist.getnames()}
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "tests/test_wheel.py",
        "templates/projects/package.toml",
    } <= packed

    run(sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable, "env", cwd=tmp_path)
    python = tmp_path / "env/bin/python"
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, wheel, cwd=tmp_path)
    program = tmp_path / "env/bin/scaffolder"
    assert "model-serving" in run(program, "list", cwd=tmp_path)
    assert "first-experiment" in run(program, "walkthrough", cwd=tmp_path)
    run(program, "new", "model-serving", "elsewhere", "--defaults", cwd=tmp_path)
    assert (tmp_path / "elsewhere/src/elsewhere/__init__.py").exists()
    lacking = subprocess.run([program, "mcp"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (lacking.returncode, 'pip install "scaffolder[mcp]"' in lacking.stderr) == (3, True)
    packages = run(sys.executable, "-m", "uv", "pip", "list", "--python", python, "--format", "freeze", cwd=tmp_path)
    of_copier_and_cookiecutter = 36
    assert "scaffolder" in packages
    assert len(packages.splitlines()) <= of_copier_and_cookiecutter + 25
