"""Facts about the repository that a command works in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffolder import lock as lock_file
from scaffolder.errors import InputError
from scaffolder.lock import Lock
from scaffolder.tree import Entry, read_paths

ANSWERS = ".copier-answers.yml"


@dataclass(frozen=True)
class Project:
    """A generated project: where it is, what made it, and with which answers."""

    root: Path
    lock: Lock
    answers: Mapping[str, Any]


def find(start: Path) -> Project:
    """The project that `start` is in.

    Raises:
        InputError: `start` is in no generated project, or its lock or answers cannot be read.
    """
    start = start.resolve()
    for root in (start, *start.parents):
        if lock := lock_file.read(root):
            return Project(root, lock, lock.foreign.answers if lock.foreign else read_answers(root))
    raise InputError(
        f"{start} is not in a project that scaffolder generated or adopted",
        why=f"there is no {lock_file.NAME} here or above",
        next_step="go to the project, or name it with -C DIR; scaffolder add begins in any other repository",
    )


def find_or_adopt(start: Path, package: str, data: Mapping[str, Any]) -> Project:
    """The project that `start` is in, or the repository as it would be adopted; nothing is written.

    Raises:
        InputError: as `find`, or `start` is no repository that could be adopted.
    """
    if any((root / lock_file.NAME).exists() for root in (start.resolve(), *start.resolve().parents)):
        return find(start)
    from scaffolder.foreign import adopt

    return adopt.implicit(start, package, data) or find(start)


def read_answers(root: Path) -> dict[str, Any]:
    """The answers that the project was generated with.

    Raises:
        InputError: the file is missing or broken.
    """
    path = root / ANSWERS
    try:
        return load_answers(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read", why=str(error), next_step=f"restore it: git checkout -- {ANSWERS}"
        ) from error


def load_answers(text: str, source: str) -> dict[str, Any]:
    """Parse answers written as YAML (JSON is YAML too).

    Raises:
        InputError: not a mapping of names to values; `source` is named.
    """
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{source} is not valid YAML", why=str(error).replace("\n", " ")) from error
    if not isinstance(data or {}, dict):
        raise InputError(
            f"{source} must map questions to answers", next_step='write lines such as "description: What it does"'
        )
    return {str(key): value for key, value in (data or {}).items() if not str(key).startswith("_")}


def current(root: Path, paths: Iterable[str]) -> dict[str, Entry]:
    """What is at `paths` now, and at those of their parents that are files."""
    wanted = set(paths)
    return read_paths(root, wanted | {parent for path in wanted for parent in parents(path)})


def parents(path: str) -> Iterator[str]:
    """The folders above a path, nearest first."""
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        yield path
