"""Where a repository allows versions that components do not work with, its own line is made to exclude them (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scaffolder import merge
from scaffolder.errors import InputError
from scaffolder.foreign import requirement
from scaffolder.foreign.dependencies import conda, tables
from scaffolder.foreign.dependencies.declared import PYPROJECT, Loose, Place, Placed, toml
from scaffolder.merge.model import Change, Edit, Put

_TABLES = (PYPROJECT, tables.PIPFILE)


def tighten(placed: Placed, texts: Mapping[str, str]) -> None:
    """Put what is `placed.loose` into `placed.texts`; every clause of theirs still holds, and so do comments.

    Raises:
        InputError: a line is in a form that cannot be edited.
    """
    by_path: dict[str, list[tuple[Place, Loose]]] = {}
    for place, loose in placed.loose.items():
        by_path.setdefault(place.path, []).append((place, loose))
    for path, found in by_path.items():
        before = placed.texts.get(path, texts[path])
        if path in _TABLES:
            after = merge.edit(path, before, _in_toml(toml(texts, path), found))
        elif path in conda.FILES:
            after = merge.edit(path, before, _in_yaml(before, found))
        else:
            after = before
            for place, loose in found:
                after = _in_lines(after, place.text, requirement.written(loose.now, place.text))
        if after is None or after == before:
            raise InputError(
                f"{path} allows versions that the components do not work with",
                why=", ".join(f"{requirement.written(loose.was)} there" for _, loose in found),
                next_step=f"write {', '.join(shown(found))} there, then run the command again",
            )
        placed.texts[path] = after


def shown(found: Iterable[tuple[Place, Loose]]) -> list[str]:
    """The requirements as they must be."""
    return [requirement.written(loose.now) for _, loose in found]


def _in_toml(data: Mapping[str, Any], found: Iterable[tuple[Place, Loose]]) -> Iterator[Edit]:
    lists: dict[tuple[str | int, ...], dict[int, str]] = {}
    for place, loose in found:
        there: Any = data
        for key in place.keys:
            there = there[key]
        if isinstance(there, list):
            new = requirement.written(loose.now, place.text)
            lists.setdefault(place.keys, {})[there.index(place.text)] = new
            continue
        new_value = requirement.poetry(loose.now)
        version, extras = requirement.versions(loose.now), sorted(loose.now.extras)
        if isinstance(there, str):
            yield Put(place.keys, {"version": version, "extras": extras} if extras else new_value)
            continue
        yield Put((*place.keys, "version"), version)
        if extras != sorted(there.get("extras", [])):
            yield Put((*place.keys, "extras"), extras)
    for keys, replaced in lists.items():
        yield Change(keys, replaced, frozenset(), ())


def _in_yaml(text: str, found: Iterable[tuple[Place, Loose]]) -> Iterator[Edit]:
    import yaml

    lists: dict[tuple[str | int, ...], dict[int, str]] = {}
    for place, loose in found:
        there: Any = yaml.load(text, yaml.BaseLoader)  # noqa: S506 (makes texts only)
        for key in place.keys:
            there = there[key]
        new = requirement.written(loose.now, place.text)
        if place.keys[-1] != "pip":  # in the words of conda, which has no extras
            name = re.match(r"(?:[^:]+::)?[A-Za-z0-9_.-]+", place.text)
            clauses = re.sub(r"==([\d.]+\.\*)", r"\1", requirement.versions(loose.now))
            new = f"{name[0] if name else loose.now.name}{clauses}"
        lists.setdefault(place.keys, {})[there.index(place.text)] = new
    for keys, replaced in lists.items():
        yield Change(keys, replaced, frozenset(), ())


def _in_lines(text: str, was: str, now: str) -> str:
    """A line that is a requirement, or the first of a list in an INI file."""
    pattern = rf"(?m)^((?:[\w-]+[ \t]*[=:])?[ \t]*){re.escape(was.strip())}(?=[ \t]*\r?$)"
    return re.sub(pattern, lambda match: match[1] + now, text)
