"""What this machine can run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One program or property of the machine.

    Attributes:
        found: whether it is there and answers.
        detail: its version, or why it cannot be used.
        use: what it is good for.
        required: whether generated projects cannot do without it.
    """

    name: str
    found: bool
    detail: str
    use: str
    required: bool = False


#: Program, arguments that make it tell its version, use, required.
_PROGRAMS = (
    ("git", ("--version",), "history, update", True),
    ("make", ("--version",), "make setup, make test, ...", True),
    ("uv", ("--version",), "fast installs (projects install it into their environment otherwise)", False),
    ("docker", ("info", "--format", "engine {{.ServerVersion}}"), "make image, docker compose up", False),
    ("kubectl", ("version", "--client"), "make k8s-validate, deployment", False),
    ("promtool", ("--version",), "tests of alert rules", False),
    ("prometheus", ("--version",), "make monitor-demo with a real Prometheus", False),
)


def examine() -> list[Finding]:
    """Look at the Python, the programs, the memory and the disk of this machine."""
    version = sys.version.split()[0]
    python = Finding("python", sys.version_info >= (3, 11), version, "Python 3.11 or newer", required=True)
    return [python, *(_program(*row) for row in _PROGRAMS), *_resources()]


def _program(name: str, arguments: tuple[str, ...], use: str, required: bool) -> Finding:
    if not shutil.which(name):
        return Finding(name, False, "", use, required)
    try:
        done = subprocess.run([name, *arguments], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(name, False, f"installed, but does not answer: {error}", use, required)
    if done.returncode:
        return Finding(name, False, f"installed, but: {_first_line(done.stderr or done.stdout)}", use, required)
    return Finding(name, True, _first_line(done.stdout or done.stderr), use, required)


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")


def _resources() -> list[Finding]:
    free = shutil.disk_usage(os.getcwd()).free / 2**30
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        Finding("disk", free > 2, f"{free:.0f} GiB free here", "environments and models: 2 GiB or more"),
        Finding("memory", memory > 3.5, f"{memory:.0f} GiB, {os.cpu_count()} cores", "training: 4 GiB or more"),
    ]
