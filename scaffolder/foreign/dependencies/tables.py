"""Tables of name and version: poetry's own, and those of a Pipfile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import Requirement

from scaffolder.facts.metadata import from_poetry
from scaffolder.foreign import requirement
from scaffolder.foreign.dependencies.declared import PYPROJECT, Declared, Place, Placed, filled, toml

PIPFILE = "Pipfile"
_POETRY = Place(PYPROJECT, ("tool", "poetry"))


def place_poetry(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Put everything into poetry's tables."""
    poetry = toml(texts).get("tool", {}).get("poetry", {})
    placed, place = Placed(), _POETRY.at("dependencies")
    table: dict[str, Any] = {"dependencies": _table(placed, declared.runtime, _known(place, poetry))}
    optional = poetry_groups(placed, declared.optional, poetry)
    table["group"] = {
        **poetry_groups(placed, {"dev": declared.development}, poetry),
        **{name: {"optional": True, **group} for name, group in optional.items()},
    }
    if declared.scripts:
        table["scripts"] = {k: v for k, v in declared.scripts.items() if k not in poetry.get("scripts", {})}
    placed.fragments[PYPROJECT] = [{"tool": {"poetry": filled(table)}}]
    return placed


def poetry_groups(placed: Placed, groups: Mapping[str, Iterable[str]], poetry: Mapping[str, Any]) -> dict[str, Any]:
    """Groups of poetry that lack what is there already."""
    result = {}
    for name, items in groups.items():
        group = poetry.get("group", {}).get(name, {})
        known = [*_known(_POETRY.at("group", name, "dependencies"), group)]
        if name == "dev":
            known += _known(_POETRY.at("dev-dependencies"), poetry)
        if table := _table(placed, items, known):
            result[name] = {"dependencies": table}
    return result


def place_pipfile(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Put everything into the tables of a Pipfile: one for each optional category."""
    data = toml(texts, PIPFILE)
    wanted = {"packages": declared.runtime, "dev-packages": declared.development, **declared.optional}
    placed = Placed()
    tables = {name: _table(placed, items, _known(Place(PIPFILE, (name,)), data)) for name, items in wanted.items()}
    placed.fragments[PIPFILE] = [filled(tables)]
    return placed


def _table(placed: Placed, items: Iterable[str], known: Iterable[tuple[Place, Requirement]]) -> dict[str, Any]:
    lines = requirement.by_name(placed.missing(items, known))
    return {item.name: requirement.poetry(item) for item in lines.values()}


def _known(place: Place, data: Mapping[str, Any]) -> Iterator[tuple[Place, Requirement]]:
    """The entries of the table at `place`, which is the last of its keys in `data`."""
    for name, value in data.get(str(place.keys[-1]), {}).items():
        if requirement.parse(name) and name != "python":
            yield place.at(name), _requirement(name, value)


def _requirement(name: str, value: Any) -> Requirement:
    more = value if isinstance(value, Mapping) else {"version": value}
    extras = f"[{','.join(more['extras'])}]" if more.get("extras") else ""
    if not isinstance(more.get("version"), str):  # of another kind, or several: theirs to know
        address = next((more[key] for key in ("git", "path", "url", "file") if key in more), "elsewhere")
        return Requirement(f"{name}{extras} @ {address}")
    item = Requirement(f"{name}{extras}")
    item.specifier = requirement.specifier(from_poetry(more["version"]))
    return item
