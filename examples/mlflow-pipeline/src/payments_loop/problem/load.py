"""Finds the problem that `config/pipeline.toml` names, and reads its folder."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from payments_loop.problem.errors import ProblemError
from payments_loop.problem.schema import Problem

CONFIG = Path("config/pipeline.toml")
FOLDER = Path("problems")
_SQL = ("spine.sql", "features.sql", "labels.sql")
_Model = TypeVar("_Model", bound=BaseModel)


class LakeSettings(BaseModel):
    """Where the lake is, and the options of its object store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str = "data/lake"
    storage: dict[str, str] = {}

    def options(self) -> dict[str, str]:
        """Return the options with every "env:NAME" replaced by that environment variable."""
        return {name: from_environment(value) for name, value in self.storage.items()}


class Settings(BaseModel):
    """The contents of `config/pipeline.toml`; APP_PROBLEM and APP_LAKE_URI override it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    problem: str | None = None
    lake: LakeSettings = LakeSettings()

    @classmethod
    def load(cls, root: Path = Path()) -> Settings:
        """Read the settings of the project in `root`; defaults where there is no file.

        Raises:
            ProblemError: the file is malformed or has an unknown key.
        """
        content = _read_toml(root / CONFIG) if (root / CONFIG).exists() else {}
        settings = _validated(cls, content, root / CONFIG)
        if name := os.environ.get("APP_PROBLEM"):
            settings = settings.model_copy(update={"problem": name})
        if uri := os.environ.get("APP_LAKE_URI"):
            lake = settings.lake.model_copy(update={"uri": uri})
            settings = settings.model_copy(update={"lake": lake})
        return settings


def load_problem(name: str | None = None, root: Path = Path()) -> Problem:
    """Read a problem folder.

    Args:
        name: of the folder in `problems`; by default what `config/pipeline.toml` names, or the
            only one there is.
        root: root of the project.

    Raises:
        ProblemError: it does not exist, or a file of it is missing or malformed.
    """
    folder = root / FOLDER
    known = sorted(path.parent.name for path in folder.glob("*/problem.toml"))
    chosen = name or Settings.load(root).problem
    if chosen is None:
        if len(known) != 1:
            found = ", ".join(known) or "none"
            raise ProblemError(f'{root / CONFIG}: set problem = "..." (in {folder}: {found})')
        chosen = known[0]
    if chosen not in known:
        found = ", ".join(known) or "none"
        raise ProblemError(f"no problem {chosen!r}: {folder} has {found}")
    return read_problem(folder / chosen)


def read_problem(folder: Path) -> Problem:
    """Read one problem folder.

    Raises:
        ProblemError: a file of it is missing or malformed.
    """
    path = folder / "problem.toml"
    content = _read_toml(path)
    for name, table in content.get("tables", {}).items():
        if isinstance(table, dict):
            table["name"] = name
    problem = _validated(Problem, content | {"name": folder.name, "folder": folder}, path)
    for file in _SQL:
        if not (folder / file).is_file():
            raise ProblemError(f"{folder / file} is missing: a problem needs {', '.join(_SQL)}")
    return problem


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProblemError(f"{path} cannot be read: {error}") from error


def _validated(model: type[_Model], content: Any, path: Path) -> _Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        # A key that nobody knows explains one that is missing.
        first = min(found, key=lambda one: one["type"] != "extra_forbidden")
        place = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            reason = "unknown key"
        raise ProblemError(f"{path}: {': '.join(filter(None, (place, reason)))}") from error


def from_environment(value: str) -> str:
    """Return the value, or for "env:NAME" the environment variable of that name.

    Raises:
        ProblemError: the variable is not set.
    """
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if not os.environ.get(name):
        raise ProblemError(f"set the environment variable {name}, which the configuration names")
    return os.environ[name]
