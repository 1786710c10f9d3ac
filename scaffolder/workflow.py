"""What each command proposes, and carrying it out: the same value is shown and then applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scaffolder import __version__, git, names, pristine, unmerged
from scaffolder.apply import apply
from scaffolder.catalog import BASE, Catalog
from scaffolder.compose import compose, refuse_own_dependency
from scaffolder.errors import ConflictError, InputError
from scaffolder.foreign import template as foreign
from scaffolder.lock import Lock
from scaffolder.project import Project, current
from scaffolder.proposal import Proposal, change, propose, render_recorded
from scaffolder.render import render
from scaffolder.tree import STAGE, Entry


def new(
    catalog: Catalog,
    project: str,
    destination: Path,
    *,
    added: Iterable[str] = (),
    without: Iterable[str] = (),
    data: Mapping[str, Any],
    interactive: bool = False,
) -> Proposal:
    """Propose a new project in `destination`, which must be empty, new, or a repository without files.

    Raises:
        InputError: something given cannot be used.
    """
    recipe = catalog.project(project)
    stack = catalog.resolve([*recipe.components, *added], without)
    refuse_occupied(destination)
    given = {"project_name": _name_from(destination, data), **data}
    template = compose(catalog, stack)
    template.refuse_unasked(data)
    refuse_own_dependency(template, str(given["project_name"]))
    defaults = {**git.identity(_existing(destination)), **recipe.answers}
    known = {key: value for key, value in defaults.items() if key in template.questions}
    rendered = render(template, given, defaults=known, interactive=interactive)
    recorded = Lock(__version__, recipe.name, (), {})
    return propose(destination, recorded, stack, {}, rendered, catalogs=catalog.recorded(stack))


def add(
    catalog: Catalog, project: Project, wanted: Iterable[str], data: Mapping[str, Any], *, interactive: bool = False
) -> Proposal:
    """Propose to add components, and what they require, to a generated project or another repository.

    Args:
        data: answers; in another repository also which `application` components join, where there are several.
    """
    _require_version(project)
    stack = catalog.resolve([*project.lock.components, *wanted])
    if project.lock.foreign:
        from scaffolder.foreign import adopt

        data = dict(data)
        project = adopt.extended(catalog, project, stack, str(data.pop("application", "")))
    return change(catalog, project, stack, data, interactive=interactive)


def remove(catalog: Catalog, project: Project, unwanted: Iterable[str]) -> Proposal:
    """Propose to remove components; what the user edited stays.

    Raises:
        InputError: one is not there, is `base`, or is needed by a component that would stay.
    """
    _require_version(project)
    gone = {catalog.component(name).name for name in unwanted}
    for name in sorted(gone):
        if name not in project.lock.components:
            raise InputError(
                f'"{name}" is not in this project', next_step=f"there are: {', '.join(project.lock.components)}"
            )
    if BASE in gone and not project.lock.foreign:
        raise InputError(f'"{BASE}" cannot be removed: every project stands on it', next_step="remove other components")
    if dependents := catalog.dependents(project.lock.components, gone):
        raise InputError(
            "; ".join(f'"{name}" requires "{need}"' for name, need in dependents.items()),
            next_step=f"remove them as well: scaffolder remove {' '.join(sorted({*gone, *dependents}))}",
        )
    staying = [name for name in project.lock.components if name not in gone]
    if project.lock.foreign and staying == [BASE]:
        staying = []  # what the components stood on goes with the last of them
    return change(catalog, project, tuple(staying), {})


def set_answers(catalog: Catalog, project: Project, data: Mapping[str, Any]) -> Proposal:
    """Propose to change answers of a generated project.

    Raises:
        InputError: an answer is a fact of a repository that scaffolder did not generate.
    """
    _require_version(project)
    if project.lock.foreign and (facts := [key for key in data if key in foreign.FIXED]):
        raise InputError(
            f"{facts[0]} is a fact of this repository", next_step="change it there, remove the components and add them"
        )
    return change(catalog, project, project.lock.components, data)


def carry_out(proposal: Proposal) -> None:
    """Write the proposal, all or nothing.

    Raises:
        ConflictError: conflicts stop it; nothing was written.
    """
    if proposal.obstacles:
        listed = "\n".join(f"  {step.path}: {step.why}" for step in proposal.obstacles)
        raise ConflictError(
            "the project and the change disagree, so nothing was written",
            why=f"\n{listed}",
            next_step="settle these files (move or edit them), then run the command again",
        )
    if proposal.plan.conflicts:
        unmerged.leave(proposal.root, proposal.plan)
    else:
        apply(proposal.root, proposal.plan.changes)


def edited(project: Project) -> dict[str, tuple[str, Entry | None]]:
    """Files that differ from what was generated: path -> ("edited" or "deleted", what is there now)."""
    now = current(project.root, project.lock.files)
    return {
        path: ("edited" if path in now else "deleted", now.get(path))
        for path in sorted(project.lock.files)
        if not project.lock.untouched(path, now.get(path))
    }


def as_generated(catalog: Catalog, project: Project, paths: Iterable[str]) -> dict[str, Entry]:
    """Some files of the project as they were generated.

    Raises:
        InputError: one is to be had nowhere.
    """
    return pristine.entries(project, paths, lambda: render_recorded(catalog, project))


def refuse_occupied(destination: Path) -> None:
    """A new project goes where nothing is.

    Raises:
        InputError: something is there.
    """
    if destination.is_symlink() and not destination.exists():
        raise InputError(f"{destination} is a broken symlink", next_step="remove it, or choose another folder")
    above = next((path for path in (destination, *destination.parents) if path.exists()), Path())
    if not above.is_dir():
        raise InputError(f"{above} is a file, not a folder", next_step="choose another folder")
    if destination.is_dir():
        found = sorted(path.name for path in destination.iterdir() if path.name not in {".git", STAGE})
        if found:
            shown = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
            raise InputError(f"{destination} is not empty", why=f"it has {shown}", next_step="choose a new folder")


def _require_version(project: Project) -> None:
    if project.lock.version != __version__:
        raise InputError(
            f"this project was generated by scaffolder {project.lock.version}; this is {__version__}",
            next_step=f"run scaffolder update first, or use that version: uvx scaffolder@{project.lock.version}",
        )


def _name_from(destination: Path, data: Mapping[str, Any]) -> str:
    if "project_name" in data:
        return str(data["project_name"])
    folder = destination.resolve().name
    name = names.project_name(folder) if names.name_problem(folder) and folder == folder.strip() else folder
    if problem := names.name_problem(name):
        raise InputError(
            f"the folder's name {folder!r} cannot name a project: {problem}",
            next_step="choose another folder, or give --data project_name=NAME",
        )
    return name


def _existing(path: Path) -> Path:
    return next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.is_dir())
