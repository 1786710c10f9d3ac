"""Whether a foreign repository still is what its components need it to be."""

from __future__ import annotations

import configparser
from dataclasses import dataclass, replace

from scaffolder import facts
from scaffolder.catalog import Catalog
from scaffolder.errors import InputError
from scaffolder.foreign import by_hand, dependencies, join, needs, template
from scaffolder.foreign.record import Foreign
from scaffolder.project import Project
from scaffolder.tree import read_paths


@dataclass(frozen=True)
class Finding:
    """Something that is missing: where (line from 1, or 0), what, and the lines to add."""

    path: str
    line: int
    what: str
    lines: tuple[str, ...] = ()


def findings(catalog: Catalog, project: Project) -> list[Finding]:
    """Lines that a person was told to add and did not, and facts that are gone; none in a generated project."""
    kept = project.lock.foreign
    if kept is None:
        return []
    found: list[Finding] = []
    if kept.package and not (project.root / kept.package).is_dir():
        found.append(Finding(kept.package, 0, "the package that the components joined is gone"))
    now = facts.find(project.root)
    kept = replace(kept, application=next(iter(join.candidates(now.applications, kept, project.lock.files)), None))
    try:
        needs.refuse_missing(catalog, project.lock.components, project.root, now, kept)
    except InputError as error:
        found.append(Finding(".", 0, f"{error.why.strip()}; next: {error.next_step}"))
    found += _loose(catalog, project, kept)
    _, items = template.compose(catalog, project.lock.components, kept)
    left = by_hand.left(project.root, items)
    return [*found, *(Finding(item.path, by_hand.line(project.root, item), item.why, item.lines) for item in left)]


def _loose(catalog: Catalog, project: Project, kept: Foreign) -> list[Finding]:
    """Dependencies that were declared more widely since the components were added, or otherwise than they need."""
    from yaml import YAMLError

    read = read_paths(project.root, set(dependencies.FILES))
    texts = {path: entry.text for path, entry in {**kept.originals, **read}.items() if entry.text is not None}
    try:
        rows = template.loose(catalog, project.lock.components, kept, texts)
    except InputError as error:
        return [Finding(".", 0, f"{error.what}; next: {error.next_step}")]
    except (ValueError, configparser.Error, YAMLError) as error:
        return [Finding(".", 0, f"what it declares cannot be read: {' '.join(str(error).split())}")]
    return [Finding(path, 0, f"{was} must be {now}, as the components need") for path, was, now in rows]
