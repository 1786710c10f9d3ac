"""What a run depends on besides its parameters: the commit and the installed packages."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def commit(root: Path = Path()) -> str | None:
    """The commit that the code in `root` is at, `+changes` behind it if files differ from it.

    None outside a repository, and where git is not installed.
    """
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return None
    return f"{head}+changes" if _git(root, "status", "--porcelain", "-uno") else head


def environment(packages: Iterable[str]) -> dict[str, str]:
    """Versions of Python, the platform and those of `packages` that are installed."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 (constant arguments)
            ["git", *arguments],  # noqa: S607 (found on the PATH)
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
