"""Our files beside those of their kind that a repository has already: a second Dockerfile, compose file or workflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scaffolder.manifest import Adds, Beside, Component
from scaffolder.tree import Tree

_WORKFLOWS = ".github/workflows/"


def choose(components: Iterable[Component], raw: Iterable[str], theirs: frozenset[str]) -> dict[str, str]:
    """Which files of ours go elsewhere, and where.

    Args:
        raw: the paths of our files.
        theirs: those of the repository, as far as they may be in the way (`watched`).
    """
    found = {
        path: f"{_WORKFLOWS}components-{path.removeprefix(_WORKFLOWS)}"
        for path in raw
        if path.startswith(_WORKFLOWS) and theirs & {path, f"{path.rpartition('.')[0]}.yaml"}
    }
    for rule in _rules(components):
        if theirs & set(rule.taken):
            found |= rule.files
    return found


def watched(components: Iterable[Component], raw: Iterable[str]) -> set[str]:
    """The paths of a repository that may be in the way of ours."""
    flows = [path for path in raw if path.startswith(_WORKFLOWS)]
    taken = {path for rule in _rules(components) for path in rule.taken}
    return taken | {*flows, *(f"{path.rpartition('.')[0]}.yaml" for path in flows)}


def included(components: Iterable[Component], ours: Tree, theirs: Tree) -> Adds:
    """What their compose file or pipeline says to include ours; nothing where both have a service of the same name."""
    found = {}
    for rule in _rules(components):
        path = next((path for path in rule.taken if path in theirs), "")
        if rule.include and path:
            here = {name for place in rule.files for name in _services(_named(ours, place))}
            if not here & _services({path: theirs[path].text or ""}):
                found[path] = {"include": sorted(rule.files.values())}
    return found


def including(components: Iterable[Component]) -> set[str]:
    """The files of a repository that may include ours."""
    return {path for rule in _rules(components) if rule.include for path in rule.taken}


def alone(beside: Mapping[str, str], including: Adds) -> dict[str, str]:
    """How a compose file that nothing includes is named in commands."""
    compose = beside.get("compose.yaml")
    if compose is None or any(compose in part["include"] for part in including.values()):
        return {}
    return {"docker compose": f"docker compose -f {compose}"}


def _rules(components: Iterable[Component]) -> Iterator[Beside]:
    for component in components:
        yield from component.foreign.beside if component.foreign else ()


def _named(ours: Tree, path: str) -> dict[str, str]:
    """A compose file of ours, and those that it can include."""
    return {
        place: entry.text or "" for place, entry in ours.items() if place == path or place.startswith("deploy/compose/")
    }


def _services(files: Mapping[str, str]) -> set[str]:
    import yaml

    found: set[str] = set()
    for text in files.values():
        try:
            data: Any = yaml.load(text, yaml.BaseLoader)  # noqa: S506 (texts only)
        except yaml.YAMLError:
            continue
        services = data.get("services") if isinstance(data, dict) else None
        found |= set(services) if isinstance(services, dict) else set()
    return found
