"""The web application of a repository: where it is made, found in the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from scaffolder.facts.repository import Repository

_FRAMEWORKS = {"FastAPI": "fastapi", "Flask": "flask"}


@dataclass(frozen=True)
class Application:
    """A FastAPI or Flask application.

    Attributes:
        path: of the file.
        line: where it is made, from 1.
        variable: the module's variable, or the function that returns the application (`factory`).
    """

    framework: Literal["fastapi", "flask"]
    path: str
    line: int
    variable: str
    factory: bool


def find(repository: Repository) -> tuple[Application, ...]:
    """Applications outside of tests, FastAPI first."""
    found: list[Application] = []
    for path in repository.matching(r".*\.py"):
        parts = path.split("/")
        if {"tests", "test", "docs", "examples"} & set(parts) or parts[-1].startswith("test_"):
            continue
        if any(word in repository.text(path) for word in _FRAMEWORKS):
            found += _in(path, repository.python(path))
    return tuple(sorted(found, key=lambda app: (app.framework, app.factory, app.path, app.line)))


def _in(path: str, module: ast.Module) -> Iterator[Application]:
    for node in module.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and (framework := _made(node.value)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                yield Application(framework, path, node.lineno, target.id, factory=False)
        elif isinstance(node, ast.FunctionDef) and not _required(node.args):
            made = [inner for inner in ast.walk(node) if isinstance(inner, (ast.Assign, ast.Return))]
            for inner in made:
                if (framework := _made(inner.value)) and any(isinstance(part, ast.Return) for part in made):
                    yield Application(framework, path, node.lineno, node.name, factory=True)
                    break


def _made(value: ast.expr | None) -> Literal["fastapi", "flask"] | None:
    if not isinstance(value, ast.Call):
        return None
    function = value.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return "fastapi" if name == "FastAPI" else "flask" if name == "Flask" else None


def _required(arguments: ast.arguments) -> bool:
    return len(arguments.posonlyargs) + len(arguments.args) > len(arguments.defaults) or None in arguments.kw_defaults
