"""What components ask for together, where it goes, and what is declared already (pure)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from packaging.requirements import Requirement
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
        texts: path -> the whole new text before that, of files that are merged in no other way, or are new.
        by_hand: what a person must add to code.
        loose: what the repository declares, and allows versions that the components do not work with.
    """

    fragments: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    by_hand: list[ByHand] = field(default_factory=list)
    loose: dict[Place, Loose] = field(default_factory=dict)

    def lacking(self, ours: Iterable[str], place: Place, theirs: Iterable[Any]) -> list[str]:
        """Those of our requirements whose package a list of theirs lacks; each package and marker once.

        Raises:
            InputError: the list has it in versions that exclude ours.
        """
        items = list(theirs)
        there = [(text, requirement.parse(text)) for text in items if isinstance(text, str)]
        return self.missing(ours, [(place.of(text), item) for text, item in there if item])

    def missing(self, ours: Iterable[str], theirs: Iterable[tuple[Place, Requirement]]) -> list[str]:
        """The same, of what is declared in other forms than PEP 508, or in several lists."""
        ours = _united(ours)
        known: dict[str, list[tuple[Place, Requirement]]] = {}
        for place, item in theirs:
            known.setdefault(canonicalize_name(item.name), []).append((place, item))
        found: list[str] = []
        for text in ours:
            wanted = requirement.parse(text)
            name = canonicalize_name(wanted.name) if wanted else text
            if wanted and name in known:
                self._hold(wanted, known[name])
            else:
                found.append(text)
        return found

    def groups(
        self, ours: Mapping[str, Sequence[str]], place: Place, theirs: Mapping[str, Sequence[Any]]
    ) -> dict[str, list[str]]:
        """What groups or extras of the same names lack."""
        found = {name: self.lacking(items, place.at(name), theirs.get(name, [])) for name, items in ours.items()}
        return {name: items for name, items in found.items() if items}

    def _hold(self, ours: Requirement, theirs: Sequence[tuple[Place, Requirement]]) -> None:
        """Note which of several requirements of one package do not keep to ours."""
        fitting = [(place, item) for place, item in theirs if requirement.common(item.specifier, ours.specifier)]
        if not fitting:
            place, item = theirs[-1]
            there, needed = requirement.written(item), requirement.written(ours)
            raise InputError(
                f"this repository declares {there}, and the components need {needed}",
                why=f"no version fulfils both ({place})",
                next_step="widen or move your bound first, then run the command again",
            )
        for place, item in fitting:
            before = self.loose.get(place)
            now = before.now if before else item
            if not requirement.satisfies(now, ours):
                self.loose[place] = Loose(item, requirement.together(now, ours))


@dataclass(frozen=True)
class Place:
    """Where a repository declares a package: the file, the keys of a list or table in it, and its own words."""

    path: str
    keys: tuple[str | int, ...] = ()
    text: str = ""

    def at(self, *keys: str | int) -> Place:
        """A list or table below this one."""
        return replace(self, keys=(*self.keys, *keys))

    def of(self, text: str) -> Place:
        """An entry of this list."""
        return replace(self, text=text)

    def __str__(self) -> str:
        """As a message names it."""
        return f"{self.path}: {'.'.join(map(str, self.keys))}" if self.keys else self.path


@dataclass(frozen=True)
class Loose:
    """A requirement of theirs, and what it must be so that it keeps to ours as well."""

    was: Requirement
    now: Requirement


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


def resolved(groups: Mapping[str, Sequence[Any]], name: str) -> Iterator[Any]:
    """The items of a group and of those that it includes."""
    for item in groups.get(name, []):
        if isinstance(item, Mapping) and "include-group" in item:
            yield from resolved(groups, item["include-group"])
        else:
            yield item


def _united(texts: Iterable[str]) -> list[str]:
    """Each package and marker once, with what all say of it."""
    found: dict[str, str] = {}
    for text in texts:
        item = requirement.parse(text)
        key = f"{canonicalize_name(item.name)};{item.marker or ''}" if item else text
        before = requirement.parse(found.get(key, ""))
        if item and before and not requirement.satisfies(before, item):
            found[key] = requirement.written(requirement.together(before, item), text)
        found.setdefault(key, text)
    return list(found.values())


def filled(table: Mapping[str, Any]) -> dict[str, Any]:
    """Without tables and lists that are empty, all the way down."""
    inner = {key: filled(value) if isinstance(value, Mapping) else value for key, value in table.items()}
    return {key: value for key, value in inner.items() if value not in ({}, [])}


def toml(texts: Mapping[str, str], path: str = PYPROJECT) -> Mapping[str, Any]:
    """What a file says; nothing where there is none."""
    return tomllib.loads(texts.get(path, ""))
