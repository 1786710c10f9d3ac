"""The files of a repository, listed once and read when asked for."""

from __future__ import annotations

import ast
import configparser
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

#: What says that a folder is the top of a Python project.
MARKS = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    "environment.yml",
    "environment.yaml",
)
_LEFT_OUT = re.compile(
    r"\.(?!github$|gitlab$).*|__pycache__|node_modules|site-packages|build|dist|venv|env|.*\.egg-info"
)
_MOST_BYTES = 1_000_000


def root_of(start: Path) -> Path:
    """The project that `start` is in: the nearest folder with metadata, else the git work tree, else `start` itself."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if any((folder / mark).is_file() for mark in MARKS) or (folder / ".git").exists():
            return folder
    return start


def has_python(root: Path) -> bool:
    """Whether there is any Python in a folder: metadata, code or notebooks."""
    return bool(Repository.read(root).matching(r"(?:.*/)?(?:[^/]+\.(?:py|ipynb)|pyproject\.toml|requirements\.txt)"))


@dataclass(frozen=True)
class Repository:
    """Relative POSIX paths of all files but those in environments, caches and build outputs; sorted."""

    root: Path
    paths: tuple[str, ...]

    @staticmethod
    def read(root: Path) -> Repository:
        """List the files under `root`; links are not followed."""
        found: list[str] = []
        for folder, folders, files in os.walk(root):
            folders[:] = [
                name
                for name in folders
                if not _LEFT_OUT.fullmatch(name) and not Path(folder, name, "pyvenv.cfg").exists()
            ]
            inside = os.path.relpath(folder, root).replace(os.sep, "/")
            found += (name if inside == "." else f"{inside}/{name}" for name in files)
        return Repository(root, tuple(sorted(found)))

    def without(self, folders: Iterable[str]) -> Repository:
        """The same repository, but for some folders."""
        left_out = tuple(f"{folder}/" for folder in folders)
        return Repository(self.root, tuple(path for path in self.paths if not path.startswith(left_out)))

    def __contains__(self, path: str) -> bool:
        """Whether the repository has a file at `path`."""
        return path in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    def matching(self, pattern: str) -> list[str]:
        """The paths that a regular expression matches whole."""
        compiled = re.compile(pattern)
        return [path for path in self.paths if compiled.fullmatch(path)]

    def text(self, path: str) -> str:
        """A file's text; "" where there is none, or it is no text of reasonable size."""
        try:
            if (self.root / path).stat().st_size > _MOST_BYTES:
                return ""
            return (self.root / path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return ""

    def toml(self, path: str) -> Mapping[str, Any]:
        """A TOML file's data; empty where there is none or it is broken."""
        try:
            return tomllib.loads(self.text(path))
        except tomllib.TOMLDecodeError:
            return {}

    def yaml(self, path: str) -> Mapping[str, Any]:
        """What a YAML file says, all scalars as text; empty where there is none or it is broken."""
        import yaml

        try:
            data = yaml.load(self.text(path), yaml.BaseLoader)  # noqa: S506 (makes texts only)
        except yaml.YAMLError:
            return {}
        return data if isinstance(data, dict) else {}

    def ini(self, path: str) -> configparser.ConfigParser:
        """An INI file's data; empty where there is none or it is broken."""
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(self.text(path))
        except configparser.Error:
            return configparser.ConfigParser(interpolation=None)
        return parser

    def python(self, path: str) -> ast.Module:
        """A Python file's syntax tree; empty where there is none or this Python cannot parse it."""
        import warnings

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text(path))
        except (SyntaxError, ValueError, RecursionError):
            return ast.parse("")
