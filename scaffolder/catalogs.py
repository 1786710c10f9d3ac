"""Catalogues of others beside the bundled one, united with it.

They have the same layout and manifests (`components/<name>/...`, `projects/<name>.toml`). What is in them is called
`<catalogue>/<name>`, or plainly `<name>` where that is not ambiguous. They are data: nothing in them is executed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from scaffolder import catalog
from scaffolder.catalog import Catalog
from scaffolder.catalog_source import Source, again, find, is_remote
from scaffolder.errors import CatalogError, InputError, ScaffolderError
from scaffolder.manifest import Component

_FOLDERS = re.compile(r"components/[^/]+/(project|with/[^/]+)/.")


def load(given: Iterable[str] = (), recorded: Mapping[str, str] | None = None, *, newer: bool = False) -> Catalog:
    """The bundled catalogue and others.

    Args:
        given: `[NAME=]SOURCE` each, as on the command line.
        recorded: name -> source and revision, as in a lock; those given with the same name take their place.
        newer: folders and packages may have changed since they were recorded.

    Raises:
        InputError: one cannot be found, or is not the recorded one any more.
        CatalogError: one is no catalogue, or reaches out of its folder.
    """
    found = [find(text) for text in given]
    taken = {source.name for source in found}
    found += [again(name, text, newer=newer) for name, text in (recorded or {}).items() if name not in taken]
    known = catalog.load()
    for source in found:
        known = _united(known, source)
    return known


def at_hand(given: Iterable[str], directory: Path) -> Catalog:
    """The catalogues that can be read at once, for completion: nothing is fetched, and what fails is left out."""
    from scaffolder import lock

    folders = (directory, *directory.parents)
    known = catalog.load()
    with suppress(ScaffolderError, OSError):
        recorded = next((found.catalogs for folder in folders if (found := lock.read(folder))), {})
        texts = [*given, *(f"{name}={where.rpartition('#')[0]}" for name, where in recorded.items())]
        for text in texts:
            if not is_remote(text):
                known = _united(known, find(text))
    return known


def _united(known: Catalog, source: Source) -> Catalog:
    if source.name in known.sources:
        raise InputError(
            f'two catalogues are called "{source.name}"', next_step=f"name one of them: --catalog NAME={source.where}"
        )
    _refuse_links(source.folder)
    own = catalog.load(source.folder)
    if not own.components and not own.projects:
        raise CatalogError(
            f"{source.where} is not a catalogue",
            why="there is no components/NAME/component.toml and no projects/NAME.toml",
        )
    full = {name: f"{source.name}/{name}" for name in own.components}
    components = {full[name]: _qualified(component, full) for name, component in own.components.items()}
    projects = {
        f"{source.name}/{name}": replace(
            project,
            name=f"{source.name}/{name}",
            components=tuple(full.get(part, part) for part in project.components),
        )
        for name, project in own.projects.items()
    }
    return Catalog(
        {**known.components, **components},
        {**known.projects, **projects},
        {**known.sources, source.name: source.recorded},
    )


def _qualified(component: Component, full: Mapping[str, str]) -> Component:
    prefix = full[component.name].rpartition("/")[0]
    return replace(
        component,
        name=full[component.name],
        requires=tuple(full.get(name, name) for name in component.requires),
        conflicts=tuple(full.get(name, name) for name in component.conflicts),
        formerly=tuple(f"{prefix}/{name}" for name in component.formerly),
    )


def _refuse_links(folder: Path) -> None:
    """Links are for the files of projects; anywhere else they could lead out of the catalogue."""
    for path in _links(folder, ""):
        if not _FOLDERS.match(path):
            raise CatalogError(
                f"{folder / path} is a symbolic link",
                why="a catalogue has links among the files of its components only",
                next_step="replace it by what it points to",
            )


def _links(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as children:
        for child in children:
            if child.is_symlink():
                yield prefix + child.name
            elif child.is_dir():
                yield from _links(Path(child.path), f"{prefix}{child.name}/")
