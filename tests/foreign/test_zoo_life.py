"""Some components in some repositories of the zoo, installed as declared and tested as their user would."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaffolder import catalog, project, workflow

pytestmark = pytest.mark.life
CATALOG = catalog.load()
UV = str(Path(sys.executable).parent / "uv")


def requirements(root: Path) -> Iterator[str]:
    """What the repository declares, read where its own tools would."""
    for path in sorted(root.glob("requirements*.txt")):
        lines = path.read_text().splitlines()
        yield from (line.partition("#")[0].strip() for line in lines if not line.startswith("-e"))
    data = tomllib.loads((root / "pyproject.toml").read_text()) if (root / "pyproject.toml").exists() else {}
    poetry = data.get("tool", {}).get("poetry", {})
    for table in (poetry, *poetry.get("group", {}).values()):
        for name, value in table.get("dependencies", {}).items():
            more = value if isinstance(value, dict) else {"version": value}
            extras = f"[{','.join(more['extras'])}]" if "extras" in more else ""
            marker = f"; {more['markers']}" if "markers" in more else ""
            if name != "python":
                yield f"{name}{extras}{more['version'].replace('*', '')}{marker}"
    config = configparser.ConfigParser(interpolation=None)
    config.read(root / "setup.cfg")
    if config.has_section("options"):
        yield from config["options"].get("install_requires", "").splitlines()
        yield from (line for value in config["options.extras_require"].values() for line in value.splitlines())


@pytest.mark.parametrize(
    ("host", "component", "package", "own"),
    [
        ("poetry_app", "drift", "", "tests/test_score.py"),
        ("hydra_style", "http-api", "", "tests/test_train.py"),
        ("flask_service", "model-bundle", "", "test/test_total.py"),
    ],
)
def test_their_tests_and_ours_pass(
    host: str, component: str, package: str, own: str, repository: Callable[[str], Path]
) -> None:
    root = repository(host)
    proposal = workflow.add(CATALOG, project.find_or_adopt(root, package, {}), [component], {})
    workflow.carry_out(proposal)
    for item in proposal.by_hand:
        file = root / item.path
        file.write_text("\n".join(item.lines) + "\n" + file.read_text())
    wanted = sorted({line.strip() for line in requirements(root) if line.strip() and not line.startswith("#")})
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "APP_"))} | {"PYTHONPATH": ""}

    def run(*command: str) -> None:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]

    run(UV, "venv", "--quiet", "--python", sys.executable, ".venv")
    run(UV, "pip", "install", "--quiet", "--python", ".venv/bin/python", "pytest", *wanted)
    run(".venv/bin/python", "-m", "pytest", "-q", own)
    run(".venv/bin/python", "-m", "pytest", "-q", "tests")
    run("make", "-f", "components.mk", "help")
