"""A change of a project that has been worked out and not yet made: the stack rendered, and planned three-way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaffolder import lock as lock_file
from scaffolder import names, pristine, sentinels
from scaffolder.catalog import Catalog
from scaffolder.compose import Template, compose, refuse_own_dependency
from scaffolder.errors import ScaffolderError
from scaffolder.foreign import template as foreign
from scaffolder.lock import Lock
from scaffolder.manifest import ByHand
from scaffolder.plan import Plan, Step, plan
from scaffolder.project import Project, current
from scaffolder.render import Rendered, render
from scaffolder.tree import Entry, Tree, read_entry


@dataclass(frozen=True)
class Proposal:
    """A change that has been worked out and not yet made; the lock that records it is part of its plan.

    Attributes:
        marks: conflicts do not stop it: they are marked in the files and in git's index.
        by_hand: what a person must add to files that the plan leaves alone.
        undo_by_hand: what a person was told to add once, and must take out again.
        notes: sentences on what changes in lines of theirs.
    """

    root: Path
    plan: Plan
    lock: Lock
    answers: Mapping[str, Any]
    marks: bool = False
    by_hand: tuple[ByHand, ...] = ()
    undo_by_hand: tuple[ByHand, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def obstacles(self) -> tuple[Step, ...]:
        """The conflicts because of which it cannot be carried out."""
        return tuple(step for step in self.plan.conflicts if not (self.marks and step.sides))

    @property
    def written(self) -> Tree:
        """The files that carrying it out writes."""
        return {change.path: change.new for change in self.plan.changes if change.new}


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
        data: what a person answers.
        moved: raw path -> raw path of files that another version has elsewhere.
        base_folder: where the project lies as it was generated, for when it cannot be had otherwise.
    """
    template, by_hand = _template(catalog, project, stack)
    template.refuse_unasked(data)
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
        return render_recorded(catalog, project)

    base = pristine.base(project, ours, rendered.files, renames, render_base, base_folder)
    if project.lock.foreign:
        base = {**foreign.unrecorded(project.lock), **base}
    recorded = catalog.recorded(stack)
    proposal = propose(project.root, project.lock, stack, base, rendered, ours, renames, catalogs=recorded)
    if not project.lock.foreign:
        return proposal
    old, before = _template(catalog, project, project.lock.components)
    notes = tuple(note for note in template.notes if note not in old.notes)
    return replace(proposal, by_hand=by_hand, undo_by_hand=foreign.dropped(before, by_hand), notes=notes)


def render_recorded(catalog: Catalog, project: Project) -> Tree:
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


def propose(
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
    """Plan what turns the files at `root` into the rendered ones.

    Args:
        recorded: the lock before.
        base: the files as they were generated, the ancestor of both sides.
        ours: what is there now; read where it is not given.
        renames: path -> path.
        catalogs: those of others that the stack is from.
    """
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
