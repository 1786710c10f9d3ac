"""Components in a repository of the zoo, joined, installed as declared and run as its user would."""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from scaffolder import catalog, project, workflow
from scaffolder.facts.metadata import from_poetry
from scaffolder.foreign import audit, by_hand
from scaffolder.foreign.dependencies import EXTRAS, conda
from scaffolder.foreign.dependencies.declared import resolved

CATALOG = catalog.load()
#: Members of the monorepo, which no index has; the tests of the others do without.
SIBLINGS = ("platform-core",)
UV = str(Path(sys.executable).parent / "uv")


def join(root: Path, components: list[str], package: str = "") -> None:
    """Add components, and do what is left to a person."""
    proposal = workflow.add(CATALOG, project.find_or_adopt(root, package, {}), components, {})
    workflow.carry_out(proposal)
    by_hand.add(root, proposal.by_hand)
    assert not audit.findings(CATALOG, project.find(root))


def installed(root: Path, python: str = sys.executable, environment: Path | None = None) -> Callable[..., str]:
    """Install what the repository declares, and return what runs a command in it and returns its output.

    Args:
        environment: one that other repositories used before, to have what this one declares, and nothing else.
    """
    lines = (line.strip() for line in requirements(root))
    wanted = sorted({line for line in lines if line and not line.startswith(("#", "-", *SIBLINGS))})
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "APP_"))}
    variables["PYTHONPATH"] = os.pathsep.join((".", "src"))  # as if it were installed

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return done.stdout

    if environment:
        (root / ".venv").symlink_to(environment)
    if not (root / ".venv/bin").exists():
        run(UV, "venv", "--quiet", "--python", python, ".venv")
    run(UV, "pip", "install", "--quiet", "--exact", "--python", ".venv/bin/python", "pytest", *wanted)
    return run


def requirements(root: Path) -> Iterator[str]:
    """What whoever works on the repository installs, read where its own tools would."""
    for path in sorted(root.glob("requirements*.txt")):
        lines = path.read_text().splitlines()
        yield from (line.partition("#")[0].strip() for line in lines if not line.startswith("-e"))
    data = loaded(root / "pyproject.toml")
    yield from data.get("project", {}).get("dependencies", [])
    yield from resolved(data.get("dependency-groups", {}), "dev")
    extras = data.get("project", {}).get("optional-dependencies", {})
    yield from (item for name in EXTRAS for item in extras.get(name, []))
    for items in data.get("tool", {}).get("pdm", {}).get("dev-dependencies", {}).values():
        yield from items
    poetry = data.get("tool", {}).get("poetry", {})
    for table in (poetry, *poetry.get("group", {}).values()):
        if not table.get("optional"):
            yield from tables(table.get("dependencies", {}))
    pipfile = loaded(root / "Pipfile")
    for name in ("packages", "dev-packages"):
        yield from tables(pipfile.get(name, {}))
    config = configparser.ConfigParser(interpolation=None)
    config.read(root / "setup.cfg")
    if config.has_section("options"):
        yield from config["options"].get("install_requires", "").splitlines()
        extras = config["options.extras_require"]
        yield from (line for name in EXTRAS for line in extras.get(name, "").splitlines())
    if (root / "environment.yml").exists():
        for item in yaml.safe_load((root / "environment.yml").read_text())["dependencies"]:
            yield from (
                item["pip"]
                if isinstance(item, dict)
                else (str(one) for one in conda.by_name([item]).values() if one.name != "python")
            )
    for node in ast.walk(ast.parse((root / "setup.py").read_text() if (root / "setup.py").exists() else "")):
        if isinstance(node, ast.keyword) and node.arg == "install_requires":
            yield from ast.literal_eval(node.value)


def loaded(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text()) if path.exists() else {}


def tables(table: dict[str, Any]) -> Iterator[str]:
    """The entries of poetry's tables, and of a Pipfile's."""
    for name, value in table.items():
        more = value if isinstance(value, dict) else {"version": value}
        extras = f"[{','.join(more['extras'])}]" if "extras" in more else ""
        marker = f"; {more['markers']}" if "markers" in more else ""
        version = "" if more["version"] == "*" else more["version"]
        if name != "python":
            yield f"{name}{extras}{from_poetry(version) if version.startswith('^') else version}{marker}"
