"""Tables of name and version: poetry's own, and those of a Pipfile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from scaffolder.facts.metadata import from_poetry
from scaffolder.foreign import requirement
from scaffolder.foreign.dependencies.declared import PYPROJECT, Declared, Placed, agree, filled, toml

PIPFILE = "Pipfile"


def place_poetry(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Put everything into poetry's tables."""
    poetry = toml(texts).get("tool", {}).get("poetry", {})
    known = {canonicalize_name(name): _version(value) for name, value in poetry.get("dependencies", {}).items()}
    table: dict[str, Any] = {"dependencies": _table(declared.runtime, known, "tool.poetry.dependencies")}
    optional = poetry_groups(declared.optional, poetry)
    table["group"] = {
        **poetry_groups({"dev": declared.development}, poetry),
        **{name: {"optional": True, **group} for name, group in optional.items()},
    }
    if declared.scripts:
        table["scripts"] = {k: v for k, v in declared.scripts.items() if k not in poetry.get("scripts", {})}
    return Placed({PYPROJECT: [{"tool": {"poetry": filled(table)}}]})


def poetry_groups(groups: Mapping[str, Iterable[str]], poetry: Mapping[str, Any]) -> dict[str, Any]:
    """Groups of poetry that lack what is there already."""
    result = {}
    for name, items in groups.items():
        there = poetry.get("group", {}).get(name, {}).get("dependencies", {})
        there = {**there, **(poetry.get("dev-dependencies", {}) if name == "dev" else {})}
        known = {canonicalize_name(key): _version(value) for key, value in there.items()}
        if table := _table(items, known, f"tool.poetry.group.{name}"):
            result[name] = {"dependencies": table}
    return result


def _table(items: Iterable[str], known: Mapping[Any, str], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, ours in requirement.by_name(items).items():
        if name in known:
            agree(str(ours), requirement.specifier(from_poetry(known[name])), f"{where} {name} = {known[name]!r}")
        else:
            found[ours.name] = requirement.poetry(ours)
    return found


def place_pipfile(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Put everything into the tables of a Pipfile: one for each optional category."""
    data = toml(texts, PIPFILE)
    wanted = {"packages": declared.runtime, "dev-packages": declared.development, **declared.optional}
    tables = {}
    for name, items in wanted.items():
        known = {canonicalize_name(key): _version(value) for key, value in data.get(name, {}).items()}
        tables[name] = _table(items, known, f"{PIPFILE} {name}")
    return Placed({PIPFILE: [filled(tables)]})


def _version(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("version", "*")
    return value if isinstance(value, str) else "*"
