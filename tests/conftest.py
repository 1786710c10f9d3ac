"""A small catalogue for the tests of the engine, and the real one; how tests are shared among processes."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from scaffolder import catalog
from scaffolder.catalog import Catalog

# The same examples in every run, and no limit of time: a busy machine is no failure.
settings.load_profile("ci")

# A shell that starts a job in the background has it ignore SIGINT, and nohup SIGHUP; some tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

_faults: Counter[str] = Counter()

HEADER = (catalog.templates_folder() / "components" / "base" / "copier.yml").read_text(encoding="utf-8").split(
    "\ndescription:"
)[0] + "\n"

_PYPROJECT = """\
[project]
name = "my-project"  # kept
description = "{@ description | toml_escape @}"
dependencies = []
"""
_BETA = """\
summary = "Adds beta"
requires = ["letter"]

[adds."pyproject.toml".project]
dependencies = ["beta>=2"]
"""
_MINI = {
    "base/component.toml": 'summary = "The ground"\n[adds."README.md"]\n"40 Run it" = "make run"\n',
    "base/copier.yml": HEADER
    + textwrap.dedent(
        """
        description:
          type: str
          help: What it does
          default: A small thing
          validator: "{@% if description | length > 60 %@}60 characters at most{@% endif %@}"
        """
    ),
    "base/project/pyproject.toml": _PYPROJECT,
    "base/project/README.md": "# My Project\n\nIt is good.\n",
    "base/project/.gitignore": ".venv/\n",
    "base/project/.copier-answers.yml": "project_name: my-project\ndescription: {@ description | to_json @}\n",
    "base/project/src/my_project/__init__.py": '"""My Project."""\n\nNAME = "my-project"\n',
    "base/project/run.sh": "#!/bin/sh\necho run\n",
    "alpha/component.toml": textwrap.dedent(
        """
        summary = "Adds alpha"
        provides = ["letter"]
        [adds."pyproject.toml".project]
        dependencies = ["alpha>=1"]
        [adds.".gitignore"]
        lines = ["alpha/"]
        [adds."README.md"]
        "50 Alpha" = "About alpha."
        [with.beta.adds.".gitignore"]
        lines = ["alpha-beta/"]
        """
    ),
    "alpha/copier.yml": HEADER,
    "alpha/project/src/my_project/alpha.py": "from my_project import NAME\n\nALPHA = NAME\n",
    "alpha/with/beta/src/my_project/alpha_beta.py": "BOTH = True\n",
    "beta/component.toml": _BETA,
    "beta/copier.yml": HEADER,
    "beta/project/beta.txt": "beta\n",
    "gamma/component.toml": 'summary = "Against alpha"\nconflicts = ["alpha"]\n',
    "gamma/copier.yml": HEADER,
    "gamma/project/gamma.txt": "gamma\n",
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write text files under `folder`."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def mini_folder(tmp_path: Path) -> Path:
    """The folder of a small catalogue: base, alpha (provides "letter"), beta (requires it), gamma (against alpha)."""
    folder = tmp_path / "templates"
    write(folder / "components", _MINI)
    write(folder / "projects", {"small.toml": 'summary = "A small project"\ncomponents = ["alpha"]\n'})
    (folder / "components/base/project/run.sh").chmod(0o755)
    (folder / "components/base/project/latest").symlink_to("run.sh")
    return folder


@pytest.fixture
def mini(mini_folder: Path) -> Catalog:
    """The small catalogue."""
    return catalog.load(mini_folder)


@pytest.fixture(scope="session")
def bundled() -> Catalog:
    """The catalogue that the tool ships."""
    return catalog.load()


@pytest.fixture
def run_cli(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a child process, in an empty home, off a terminal."""
    home = tmp_path / "home"
    home.mkdir()

    def run(*arguments: str, cwd: Path = tmp_path, **env: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            **env,
        }
        return subprocess.run(
            [sys.executable, "-m", "scaffolder", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


@pytest.fixture
def in_terminal() -> Callable[..., str]:
    """Run a command in a terminal of 80x24, type when something has been printed, and return all that was printed."""

    def run(command: list[str], typed: list[tuple[str, str]], cwd: Path) -> str:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        process = subprocess.Popen(command, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        said, seen = "", 0
        waiting = list(typed)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if waiting and (at := said.find(waiting[0][0], seen)) >= 0:
                seen = at + len(waiting[0][0])
                os.write(ours, waiting.pop(0)[1].encode())
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                said += os.read(ours, 4096).decode(errors="replace")
            except OSError:  # the other end was closed
                break
        os.close(ours)
        assert process.wait(30) == 0, said
        assert not waiting, said
        return said

    return run


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a module's tests in one process, but for those that name a group or live with a project of their own.

    Cheap tests come first. Those that share a project follow, so that no process is left with one when the others
    have nothing more to do.
    """

    def order(item: pytest.Item) -> tuple[bool, bool]:
        return bool(item.get_closest_marker("life")), not item.get_closest_marker("xdist_group")

    items.sort(key=order)
    for item in items:
        if order(item) == (False, True):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))


@pytest.fixture
def faults() -> Counter[str]:
    """Counts the faults that were tried, by kind; the sums are printed at the end."""
    return _faults


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts of a worker process over."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["faults"] = dict(_faults)


def pytest_testnodedown(node: Any) -> None:
    """Take the counts of a worker process over."""
    _faults.update(getattr(node, "workeroutput", {}).get("faults", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many faults were tried."""
    if _faults:
        terminalreporter.section("faults tried while applying changes")
        for kind, number in sorted(_faults.items()):
            terminalreporter.write_line(f"{number:6}  {kind}")
        terminalreporter.write_line(f"{_faults.total():6}  in all")
