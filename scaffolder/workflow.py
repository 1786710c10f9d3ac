"""What each command does, as a proposal that is shown and then applied: the same value for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaffolder import __version__, git, names, pristine, sentinels, unmerged
from scaffolder import lock as lock_file
from scaffolder.apply import apply
from scaffolder.catalog import BASE, Catalog
from scaffolder.compose import Template, compose, refuse_own_dependency
from scaffolder.errors import ConflictError, InputError, ScaffolderError
from scaffolder.foreign import template as foreign
from scaffolder.lock import Lock
from scaffolder.manifest import ByHand
from scaffolder.plan import Plan, Step, plan
from scaffolder.project import Project, current
from scaffolder.render import Rendered, render
from scaffolder.tree import STAGE, Entry, Tree, read_entry


@dataclass(frozen=True)
class Proposal:
    """A change that has been worked out and not yet made; the lock that records it is part of its plan.

    Attributes:
        marks: conflicts do not stop it: they are marked in the files and in git's index.
        by_hand: what a person must add to files that the plan leaves alone.
        undo_by_hand: what a person was told to add once, and must take out again.
    """

    root: Path
    plan: Plan
    lock: Lock
    answers: Mapping[str, Any]
    marks: bool = False
    by_hand: tuple[ByHand, ...] = ()
    undo_by_hand: tuple[ByHand, ...] = ()

    @property
    def obstacles(self) -> tuple[Step, ...]:
        """The conflicts because of which it cannot be carried out."""
        return tuple(step for step in self.plan.conflicts if not (self.marks and step.sides))

    @property
    def written(self) -> Tree:
        """The files that carrying it out writes."""
        return {change.path: change.new for change in self.plan.changes if change.new}


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
    refuse_own_dependency(template, str(given["project_name"]))
    defaults = {**git.identity(_existing(destination)), **recipe.answers}
    known = {key: value for key, value in defaults.items() if key in template.questions}
    rendered = render(template, given, defaults=known, interactive=interactive)
    recorded = Lock(__version__, recipe.name, (), {})
    return _propose(destination, recorded, stack, {}, rendered, catalogs=catalog.recorded(stack))


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
    return pristine.entries(project, paths, lambda: _render_recorded(catalog, project))


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


def change(
    catalog: Catalog,
    project: Project,
    stack: tuple[str, ...],
    data: Mapping[str, Any],
    *,
    moved: Mapping[str, str] | None = None,
    base_folder: Path | None = None,
    interactive: bool = False,
) -> Proposal:
    """Propose that the project be what `stack` and its answers, with `data` instead of some, come to.

    Args:
        moved: raw path -> raw path of files that another version has elsewhere.
        base_folder: where the project lies as it was generated, for when it cannot be had otherwise.
    """
    template, by_hand = _template(catalog, project, stack)
    given = {**_known(template, project.answers), **data}
    if not project.lock.foreign:
        refuse_own_dependency(template, str(given.get("project_name", "")))
    rendered = _render(project, template, given, interactive=interactive)
    if record := project.lock.foreign:
        renames = foreign.moves(record, template, moved or {})
    else:
        renames = _renames(template, project.answers, rendered.answers, moved or {})
    ours = current(project.root, {*project.lock.files, *rendered.files})

    def render_base() -> Tree:
        return _render_recorded(catalog, project)

    base = pristine.base(project, ours, rendered.files, renames, render_base, base_folder)
    if project.lock.foreign:
        base = {**foreign.unrecorded(project.lock), **base}
    recorded = catalog.recorded(stack)
    proposal = _propose(project.root, project.lock, stack, base, rendered, ours, renames, catalogs=recorded)
    if not project.lock.foreign:
        return proposal
    _, before = _template(catalog, project, project.lock.components)
    return replace(proposal, by_hand=by_hand, undo_by_hand=foreign.dropped(before, by_hand))


def _render_recorded(catalog: Catalog, project: Project) -> Tree:
    """The recorded stack and answers, rendered by this version; nothing if it cannot."""
    try:
        template, _ = _template(catalog, project, project.lock.components)
        return _render(project, template, _known(template, project.answers)).files
    except ScaffolderError:
        return {}


def _template(catalog: Catalog, project: Project, stack: tuple[str, ...]) -> tuple[Template, tuple[ByHand, ...]]:
    if project.lock.foreign:
        return foreign.compose(catalog, stack, project.lock.foreign)
    return compose(catalog, stack), ()


def _render(project: Project, template: Template, data: Mapping[str, Any], *, interactive: bool = False) -> Rendered:
    if project.lock.foreign:
        return foreign.draw(template, project.lock.foreign, data, interactive=interactive)
    return render(template, data, interactive=interactive)


def _known(template: Template, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Recorded answers to questions that the template still asks."""
    return {key: value for key, value in answers.items() if key in template.questions}


def _propose(
    root: Path,
    recorded: Lock,
    stack: tuple[str, ...],
    base: Tree,
    rendered: Rendered,
    ours: Tree | None = None,
    renames: Mapping[str, str] | None = None,
    *,
    catalogs: Mapping[str, str],
) -> Proposal:
    ours = current(root, rendered.files) if ours is None else ours
    planned = plan(base, ours, rendered.files, renames)
    lock = lock_file.make(recorded.project, stack, rendered.files)
    if recorded.foreign:
        lock = foreign.locked(lock, recorded.foreign, rendered)
    lock = replace(lock, catalogs=catalogs, pristine=pristine.packed(recorded, lock, rendered.files, planned, ours))
    forgotten = lock.foreign is not None and lock.foreign.implicit and not stack
    old, new = read_entry(root / lock_file.NAME), None if forgotten else Entry(lock.dumps().encode())
    if old != new:
        step = Step(lock_file.NAME, "delete" if new is None else "update" if old else "create", old, new)
        planned = Plan(tuple(sorted((*planned.steps, step), key=lambda step: step.path)))
    return Proposal(root, planned, lock, rendered.answers)


def _renames(
    template: Template, old: Mapping[str, Any], new: Mapping[str, Any], moved: Mapping[str, str]
) -> dict[str, str]:
    before = {**new, **names.forms(str(old["project_name"]))} if "project_name" in old else new
    raw = {path: path for path in template.files} | {was: now for was, now in moved.items() if now in template.files}
    pairs = ((sentinels.replace(was, before), sentinels.replace(now, new)) for was, now in raw.items())
    return {was: now for was, now in pairs if was != now}


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
