"""What components ask for together, where it goes, and what is declared already (pure)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packaging.utils import canonicalize_name

from scaffolder.errors import InputError
from scaffolder.foreign import requirement
from scaffolder.manifest import ByHand

PYPROJECT = "pyproject.toml"


@dataclass
class Declared:
    """What the fragments of a stack ask for together.

    Attributes:
        groups: as PEP 735 has them; `dev` includes whatever uv would install by default.
        extras: of the package.
        tools: settings.
    """

    runtime: list[str] = field(default_factory=list)
    groups: dict[str, list[Any]] = field(default_factory=dict)
    extras: dict[str, list[str]] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    tools: dict[str, Any] = field(default_factory=dict)

    @property
    def development(self) -> list[str]:
        """What everybody needs who works on the project."""
        return list(dict.fromkeys(item for item in resolved(self.groups, "dev") if isinstance(item, str)))

    @property
    def optional(self) -> dict[str, list[str]]:
        """By name, what is installed only where somebody asks for it."""
        taken = set(self.development)
        groups = {name: [item for item in resolved(self.groups, name) if isinstance(item, str)] for name in self.groups}
        return {name: items for name, items in groups.items() if not taken.issuperset(items)} | self.extras


@dataclass
class Placed:
    """Where it goes.

    Attributes:
        fragments: path -> fragments, for `merge.add_all`.
        texts: path -> the whole new text, of files that are merged in no other way, or are new.
        by_hand: what a person must add to code.
    """

    fragments: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    by_hand: list[ByHand] = field(default_factory=list)


def collect(fragments: Iterable[Mapping[str, Any]]) -> Declared:
    """What fragments of pyproject.toml ask for."""
    from scaffolder.merge import structure

    found = Declared()
    for fragment in fragments:
        project = fragment.get("project", {})
        found.runtime += project.get("dependencies", [])
        found.scripts |= project.get("scripts", {})
        for name, items in project.get("optional-dependencies", {}).items():
            found.extras.setdefault(name, []).extend(items)
        for name, items in fragment.get("dependency-groups", {}).items():
            found.groups.setdefault(name, []).extend(items)
        found.tools = structure.merge({}, found.tools, dict(fragment.get("tool", {}))).data
    found.groups = {name: items for name, items in found.groups.items() if items}
    uv = found.tools.get("uv", {})
    found.tools["uv"] = {key: value for key, value in uv.items() if key != "default-groups"}
    for name in uv.get("default-groups", []):
        if name != "dev" and name in found.groups:
            found.groups.setdefault("dev", []).append({"include-group": name})
    found.tools = filled(found.tools)
    return found


def lacking(groups: Mapping[str, Sequence[str]], there: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What groups or extras of the same names lack."""
    found = {name: missing(items, requirement.by_name(there.get(name, []))) for name, items in groups.items()}
    return {name: items for name, items in found.items() if items}


def resolved(groups: Mapping[str, Sequence[Any]], name: str) -> Iterator[Any]:
    """The items of a group and of those that it includes."""
    for item in groups.get(name, []):
        if isinstance(item, Mapping) and "include-group" in item:
            yield from resolved(groups, item["include-group"])
        else:
            yield item


def missing(ours: Iterable[str], theirs: Mapping[str, Any]) -> list[str]:
    """Those of our requirements whose package is not declared; each package and marker once."""
    found: dict[str, str] = {}
    for text in ours:
        item = requirement.parse(text)
        name = canonicalize_name(item.name) if item else text
        if item and name in theirs:
            agree(text, theirs[name].specifier, str(theirs[name]))
        else:
            found.setdefault(f"{name};{item.marker if item else ''}", text)
    return list(found.values())


def agree(ours: str, theirs: Any, shown: str) -> None:
    """Refuse versions that exclude each other.

    Raises:
        InputError: they do.
    """
    wanted = requirement.parse(ours)
    if wanted and not requirement.common(wanted.specifier, theirs):
        raise InputError(
            f"this repository declares {shown}, and the components need {ours}",
            why="no version fulfils both",
            next_step="widen or move your bound first, then run the command again",
        )


def filled(table: Mapping[str, Any]) -> dict[str, Any]:
    """Without tables and lists that are empty, all the way down."""
    inner = {key: filled(value) if isinstance(value, Mapping) else value for key, value in table.items()}
    return {key: value for key, value in inner.items() if value not in ({}, [])}


def toml(texts: Mapping[str, str], path: str = PYPROJECT) -> Mapping[str, Any]:
    """What a file says; nothing where there is none."""
    return tomllib.loads(texts.get(path, ""))
