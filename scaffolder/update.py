"""Bring a project to the version of scaffolder that is installed: one three-way change for the whole stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaffolder import git, unmerged
from scaffolder.catalog import Catalog
from scaffolder.compose import compose
from scaffolder.errors import ConflictError, EnvironmentLacksError, InputError
from scaffolder.project import Project
from scaffolder.proposal import Proposal, change


@dataclass(frozen=True)
class Update:
    """What an update comes to.

    Attributes:
        proposal: the change; where both sides changed the same, the files have conflict markers.
        notes: sentences on what changes besides files: components and questions that are new, renamed or gone.
    """

    proposal: Proposal
    notes: tuple[str, ...]


def propose(
    catalog: Catalog,
    project: Project,
    data: Mapping[str, Any],
    *,
    base_folder: Path | None = None,
    interactive: bool = False,
) -> Update:
    """Work out what this version would make of the project.

    Args:
        data: answers to new questions, or other answers to old ones.
        base_folder: where the project lies as the recorded version generated it, if it is to be had nowhere else.

    Raises:
        InputError: an answer is not accepted any more, or the files as generated are to be had nowhere.
    """
    former = {old: name for name, component in catalog.components.items() for old in component.formerly}
    names = [former.get(name, name) for name in project.lock.components]
    stack = catalog.resolve(name for name in names if name in catalog.components) if names else ()
    parts = [catalog.components[name] for name in stack]
    moved = _followed({old: new for part in parts for old, new in part.moved.items()})
    reworded = _followed({old: new for part in parts for old, new in part.reworded.items()})
    answers = {reworded.get(key, key): value for key, value in project.answers.items() if key in reworded}
    answers |= {key: value for key, value in project.answers.items() if key not in reworded}
    proposal = change(
        catalog,
        replace(project, answers=answers),
        stack,
        data,
        moved=moved,
        base_folder=base_folder,
        interactive=interactive,
    )
    if proposal.plan.conflicts and git.top_level(project.root):
        proposal = replace(proposal, plan=unmerged.marked(proposal.plan), marks=True)
    questions = compose(catalog, stack).questions
    return Update(proposal, tuple(_notes(project, former, stack, questions, reworded, proposal)))


def refuse_dirty(root: Path) -> None:
    """An update starts from a committed state, so that what it did can be seen and taken back.

    Raises:
        ConflictError: tracked files are modified.
    """
    try:
        dirty = git.changed(root)
    except EnvironmentLacksError:
        return
    if dirty:
        shown = ", ".join(line[3:] for line in dirty[:3]) + (", ..." if len(dirty) > 3 else "")
        raise ConflictError(
            "the project has changes that are not committed",
            why=shown,
            next_step="commit or stash them, or give --allow-dirty",
        )


def _notes(
    project: Project,
    former: Mapping[str, str],
    stack: tuple[str, ...],
    questions: Mapping[str, str],
    reworded: Mapping[str, str],
    proposal: Proposal,
) -> list[str]:
    recorded = {former.get(name, name): name for name in project.lock.components}
    notes = [f"component {old} is now {new}" for new, old in recorded.items() if old != new]
    notes += [f"component {name} is no more" for name in recorded if name not in stack]
    notes += [f"component {name} is new, because others require it" for name in stack if name not in recorded]
    notes += [f"question {old} is now {new}" for old, new in reworded.items() if old in project.answers]
    gone = [key for key in project.answers if key not in reworded and key not in proposal.answers]
    notes += [f"question {key} is no more" for key in gone]
    old = {reworded.get(key, key) for key in project.answers}
    asked = [key for key, block in questions.items() if "\n  when: false" not in block]
    notes += [f"question {key} is new; the answer is {proposal.answers[key]!r}" for key in asked if key not in old]
    return notes


def _followed(renames: Mapping[str, str]) -> dict[str, str]:
    """Chains of renames as one step each: `a -> b -> c` is `a -> c` and `b -> c`."""
    result = {}
    for old in renames:
        new, seen = old, {old}
        while new in renames:
            new = renames[new]
            if new in seen:
                raise InputError(f'the catalogue renames "{old}" in a circle')
            seen.add(new)
        result[old] = new
    return result
