"""Small repositories in the styles found in the wild, written for the tests: `write(name, folder)` makes one."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

#: Each module here is a repository: FILES maps paths to text, GIT says whether it is one of git's, WHERE the folder of
#: the project in it.
NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def files(name: str) -> Mapping[str, str | bytes]:
    """The files of one repository."""
    found: Mapping[str, str | bytes] = importlib.import_module(f"{__name__}.{name}").FILES
    return found


def write(name: str, folder: Path) -> Path:
    """Make the repository in `folder`, with one commit where it is under git; returns where components go."""
    for path, content in files(name).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    module = importlib.import_module(f"{__name__}.{name}")
    if getattr(module, "GIT", True):
        identity = ("-c", "user.name=Z", "-c", "user.email=z@example.org")
        for arguments in (("init", "-q", "-b", "main"), ("add", "."), (*identity, "commit", "-q", "-m", "Start")):
            subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder / getattr(module, "WHERE", "")
