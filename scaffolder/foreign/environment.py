"""How a repository is set up and tested with its own tools."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from scaffolder.facts import Facts
from scaffolder.facts.repository import Repository
from scaffolder.foreign.dependencies import EXTRAS, setuptools
from scaffolder.foreign.needs import make_targets
from scaffolder.foreign.record import Foreign

Command = tuple[str, ...]
#: What pip-tools and uv write at the head of a file.
_COMPILED = re.compile(r"^# {4}((?:pip-compile|uv pip compile)\b.*)$", re.M)
_BY_LOCK: dict[str, tuple[Command, ...]] = {
    "uv.lock": (("uv", "sync"),),
    "poetry.lock": (("poetry", "lock"), ("poetry", "install")),
    "pdm.lock": (("pdm", "install"),),
}
_BY_HOME: dict[str, Command] = {
    "poetry": ("poetry", "install"),
    "pipfile": ("pipenv", "install", "--dev"),
}


def installation(root: Path, kept: Foreign) -> tuple[Command, ...]:
    """The commands that install what a repository declares."""
    for name, commands in _BY_LOCK.items():
        if (root / name).is_file():
            return commands
    if kept.home in _BY_HOME:
        return (_BY_HOME[kept.home],)
    repository = Repository(root, ())
    if kept.home == "conda":
        name = next(name for name in ("environment.yml", "environment.yaml") if (root / name).is_file())
        return (("conda", "env", "update", "--file", name),)
    return (*_compiling(repository), *(("pip", "install", *what) for what in _with_pip(root, kept, repository)))


def _compiling(repository: Repository) -> Iterator[Command]:
    """The commands that compile files of requirements, as these say at their head."""
    for source in setuptools.SOURCES:
        compiled = f"{source.removesuffix('in')}txt"
        if repository.text(source) and (said := _COMPILED.search(repository.text(compiled))):
            yield tuple(shlex.split(said[1]))


def look(root: Path, kept: Foreign) -> tuple[str, ...]:
    """The commands that look at what components brought, in the environment that the repository's tool made."""
    tool = next((commands[0][0] for name, commands in _BY_LOCK.items() if (root / name).is_file()), "")
    tool = tool or _BY_HOME.get(kept.home, ("",))[0]
    return (f"{tool} run python -m pytest tests".removeprefix(" run "), "make -f components.mk help")


def _with_pip(root: Path, kept: Foreign, repository: Repository) -> Iterator[Command]:
    """What pip is told to install, by one command or several."""
    if kept.home in {"requirements", "setup.py", ""}:
        known = (*setuptools.RUNTIME, *setuptools.DEVELOPMENT)
        files = [("-r", name) for name in known if (root / name).is_file()]
        parts = [("-e", "."), *files] if kept.home == "setup.py" else files
        if any("--hash=" in repository.text(name) for _, name in files):
            yield from parts  # together, pip would want hashes of all
        else:
            yield tuple(word for part in parts for word in part)
        return
    data = repository.toml("pyproject.toml")
    if "dependency-groups" in data:
        yield ("-e", ".", "--group", "dev")
        return
    config = repository.ini("setup.cfg")
    section = "options.extras_require"
    there = config.options(section) if config.has_section(section) else []
    extras = [*data.get("project", {}).get("optional-dependencies", {}), *there]
    yield ("-e", f".[{next((name for name in EXTRAS if name in extras), 'dev')}]")


def trial(root: Path, kept: Foreign, found: Facts) -> tuple[Command, ...]:
    """The commands that set a copy up in an environment of its own, and run their tests and ours.

    Make targets where the repository has `setup` and `test`; else its tools and pytest.
    """
    missing = make_targets(root, ("setup", "test"))
    if missing is None:
        return (("make", "--no-print-directory", "setup"), ("make", "--no-print-directory", "test"))
    install = installation(root, kept)
    if any(command[0] == "pip" for command in install):
        install = (("python3", "-m", "venv", ".venv"), *install)
    elif install[0][0] == "conda":
        install = ((*install[0], "--prefix", "./.venv"),)
    folders = dict.fromkeys(folder for folder in (found.tests.folder, "tests") if folder and (root / folder).is_dir())
    # Each by itself, as two files conftest.py may not get along
    tests = ((".venv/bin/python", "-m", "pytest", folder) for folder in folders)
    return (*install, *tests)


def variables(root: Path) -> dict[str, str]:
    """The environment of these commands: what they install goes into `.venv` in `root`."""
    place = root / ".venv"
    kept = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME"}}
    return kept | {
        "PATH": os.pathsep.join((str(place / "bin"), os.environ.get("PATH", os.defpath))),
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PDM_IGNORE_ACTIVE_VENV": "1",
    }
