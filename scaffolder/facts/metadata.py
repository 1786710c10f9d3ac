"""What a project calls itself, what builds it, which Pythons it allows, and where it keeps its dependencies."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scaffolder.facts.repository import Repository

#: Where dependencies are kept: PEP 621 tables, poetry's own tables, setup.cfg, setup.py, a Pipfile, requirement files
#: or the environment.yml of conda.
Home = Literal["project", "poetry", "setup.cfg", "setup.py", "pipfile", "requirements", "conda", ""]

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
_BACKENDS = {
    "poetry": "poetry",
    "hatchling": "hatch",
    "pdm": "pdm",
    "uv_build": "uv",
    "flit": "flit",
    "setuptools": "setuptools",
    "maturin": "maturin",
    "scikit_build": "scikit-build-core",
    "mesonpy": "meson",
}


@dataclass(frozen=True)
class Metadata:
    """What the metadata says.

    Attributes:
        name: of the distribution; "" if the repository names none.
        backend: what builds it: setuptools, poetry, hatch, pdm, uv, flit; "" if nothing does.
        python: the range that it declares (`>=3.10,<3.13`); "" if it declares none.
        home: where its dependencies are kept; "" if nowhere.
        lock_file: what pins them exactly; "" if nothing.
        scripts: the commands that it installs.
    """

    name: str
    description: str
    backend: str
    python: str
    home: Home
    lock_file: str
    scripts: tuple[str, ...]


def find(repository: Repository) -> Metadata:
    """Read pyproject.toml, else setup.cfg, else setup.py; requirement files come last."""
    pyproject = repository.toml("pyproject.toml")
    project = _table(pyproject, "project")
    poetry = _table(pyproject, "tool", "poetry")
    config = repository.ini("setup.cfg")
    call = _setup_call(repository)
    scripts = [*_table(project, "scripts"), *_table(poetry, "scripts")]
    return Metadata(
        name=_first(project.get("name"), poetry.get("name"), config.get("metadata", "name", fallback=""), call["name"]),
        description=_first(project.get("description"), poetry.get("description"), call["description"]),
        backend=_backend(repository, pyproject),
        python=_first(
            project.get("requires-python"),
            from_poetry(_text(_table(poetry, "dependencies").get("python"))),
            config.get("options", "python_requires", fallback=""),
            call["python_requires"],
            _pipfile_python(repository),
            _conda_python(repository),
        ),
        home=_home(repository, project, poetry),
        lock_file=next((name for name in _LOCKS if name in repository), ""),
        scripts=tuple(sorted(scripts)),
    )


def from_poetry(constraint: str) -> str:
    """Poetry's `^3.10` and `~3.10` as a version specifier; other forms are specifiers already."""
    parts = [part.strip() for part in re.split(r"[,\s]+(?=[\^~<>=!])", constraint) if part.strip()]
    return ",".join(_clause(part) for part in parts)


def _clause(part: str) -> str:
    match = re.fullmatch(r"([\^~])\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?.*", part)
    if match is None:
        return f"=={part}" if re.fullmatch(r"\d[\d.]*(\.\*)?", part) else part.replace(" ", "")
    version = part[1:].strip()
    numbers = [int(number) for number in match.groups()[1:] if number is not None]
    if match[1] == "~" and len(numbers) > 1:
        return f">={version},<{numbers[0]}.{numbers[1] + 1}"
    if match[1] == "~" or numbers[0] > 0 or len(numbers) == 1:
        return f">={version},<{numbers[0] + 1}"
    return f">={version},<0.{numbers[1] + 1}"


def _backend(repository: Repository, pyproject: Mapping[str, Any]) -> str:
    named = _text(_table(pyproject, "build-system").get("build-backend"))
    for start, backend in _BACKENDS.items():
        if named.startswith(start):
            return backend
    if named:
        return named.partition(".")[0]
    has_setup = any(name in repository for name in ("setup.py", "setup.cfg"))
    return "setuptools" if has_setup or "project" in pyproject else ""


def _home(repository: Repository, project: Mapping[str, Any], poetry: Mapping[str, Any]) -> Home:
    if "dependencies" in poetry:
        return "poetry"
    if project and "dependencies" not in project.get("dynamic", []):
        return "project"
    if repository.ini("setup.cfg").has_option("options", "install_requires"):
        return "setup.cfg"
    if "Pipfile" in repository:
        return "pipfile"
    if repository.matching(r"requirements[\w-]*\.txt|requirements/[\w-]+\.txt"):
        return "requirements"
    code = repository.text("setup.py")
    if _conda(repository) and "install_requires" not in code:
        return "conda"
    return "setup.py" if code else ""


def _conda(repository: Repository) -> list[Any]:
    """The dependencies of an environment of conda."""
    found = next((name for name in ("environment.yml", "environment.yaml") if name in repository), "")
    listed = repository.yaml(found).get("dependencies")
    return listed if isinstance(listed, list) else []


def _conda_python(repository: Repository) -> str:
    for item in _conda(repository):
        match = re.fullmatch(r"python\s*([=<>!~].*)?", item) if isinstance(item, str) else None
        if match and match[1]:
            return re.sub(r"^=\s*([\d.]+)(\.\*)?$", r"==\1.*", match[1])
    return ""


def _pipfile_python(repository: Repository) -> str:
    version = _text(_table(repository.toml("Pipfile"), "requires").get("python_version"))
    return f"=={version}.*" if version else ""


def _setup_call(repository: Repository) -> Mapping[str, str]:
    """The plain strings that setup.py gives to `setup()`."""
    found = dict.fromkeys(("name", "description", "python_requires"), "")
    for node in ast.walk(repository.python("setup.py")):
        if isinstance(node, ast.Call) and _called(node.func) == "setup":
            for word in node.keywords:
                if word.arg in found and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str):
                    found[word.arg] = word.value.value
    return found


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        data = data.get(key, {}) if isinstance(data, Mapping) else {}
    return data if isinstance(data, Mapping) else {}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("version")
    return value if isinstance(value, str) else ""


def _first(*values: Any) -> str:
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")
