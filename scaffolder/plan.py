"""Every change of a project is one three-way plan; this computes it and touches nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from scaffolder import merge
from scaffolder.apply import Change
from scaffolder.project import parents
from scaffolder.tree import SYMLINK, Entry, Tree

Action = Literal["create", "update", "merge", "delete", "keep", "skip", "conflict"]


@dataclass(frozen=True)
class Step:
    """What happens to one path.

    Attributes:
        action: create, update (untouched by the user), merge (the user's edits and the change), delete;
            keep (would be deleted but the user edited it), skip (the user deleted it, it stays deleted), conflict.
        old: what is there now.
        new: what will be there.
        why: for keep, skip and conflict, in words.
        sides: of a conflict between contents: the common ancestor, what is there, what would be there.
    """

    path: str
    action: Action
    old: Entry | None
    new: Entry | None
    why: str = ""
    sides: tuple[Entry | None, Entry, Entry] | None = None


@dataclass(frozen=True)
class Plan:
    """Steps by path; files that stay as they are have none."""

    steps: tuple[Step, ...]

    @property
    def conflicts(self) -> tuple[Step, ...]:
        """The steps that stop the plan from being applied."""
        return tuple(step for step in self.steps if step.action == "conflict")

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is to be written."""
        return tuple(
            Change(step.path, step.old, step.new)
            for step in self.steps
            if step.action in {"create", "update", "merge", "delete"}
        )


def plan(base: Tree, ours: Tree, theirs: Tree, renames: Mapping[str, str] | None = None) -> Plan:
    """Carry the difference from `base` (as generated) to `theirs` (as it would be) over to `ours` (the project).

    What the user edited is merged or reported, never overwritten or removed; what the user deleted stays deleted; what
    is already so is left alone, so that planning again after applying gives an empty plan.

    Args:
        renames: old path -> new path of files that the change moves; `base` and `ours` have them at the old one.
    """
    moves = {
        old: new
        for old, new in (renames or {}).items()
        if old != new and (old in ours or old in base) and new not in ours
    }
    moved = {new: old for old, new in moves.items() if old in ours}
    base, ours = ({moves.get(path, path): entry for path, entry in tree.items()} for tree in (base, ours))
    steps = {path: _step(path, base.get(path), ours.get(path), theirs.get(path)) for path in sorted({*base, *theirs})}
    found = {path: step for path, step in steps.items() if step}
    for new, old in moved.items():
        found |= _moved(old, new, ours[new], found.get(new))
    return Plan((*(found[path] for path in sorted(found)), *_blocked_parents(ours, theirs)))


def _moved(old: str, new: str, entry: Entry, step: Step | None) -> dict[str, Step]:
    if step and step.action in {"keep", "delete"}:
        return {new: replace(step, path=old)}
    away = Step(old, "delete", entry, None, f"moved to {new}")
    if step and step.action == "conflict":
        return {old: away, new: replace(step, old=None, why=f"moved from {old}; {step.why}")}
    return {old: away, new: Step(new, "create", None, step.new if step else entry, f"moved from {old}")}


def _step(path: str, base: Entry | None, ours: Entry | None, theirs: Entry | None) -> Step | None:
    if theirs in (base, ours):
        return None
    if ours == base:
        action: Action = "create" if ours is None else "delete" if theirs is None else "update"
        return Step(path, action, ours, theirs)
    if theirs is None:
        return Step(path, "keep", ours, ours, "you edited it")
    if ours is None:
        return Step(path, "skip", None, None, "you deleted it")
    return _merged(path, base, ours, theirs)


def _merged(path: str, base: Entry | None, ours: Entry, theirs: Entry) -> Step | None:
    sides = (base, ours, theirs)
    if base is None and not merge.is_structural(path):
        return Step(path, "conflict", ours, ours, "it exists already, with other contents", sides)
    texts = [entry.text if entry else None for entry in (base, ours, theirs)]
    if texts[1] is None or texts[2] is None or (base is not None and texts[0] is None):
        kind = "a symlink" if SYMLINK in (ours.mode, theirs.mode) else "not text"
        return Step(path, "conflict", ours, ours, f"changed on both sides, and it is {kind}", sides)
    result = merge.merge_text(path, texts[0], texts[1], texts[2])
    mode = ours.mode if base and theirs.mode == base.mode else theirs.mode
    new = Entry(result.text.encode(), mode)
    if result.conflicts:
        return Step(path, "conflict", ours, new, "; ".join(result.conflicts), sides)
    return None if new == ours else Step(path, "merge", ours, new)


def _blocked_parents(ours: Tree, theirs: Tree) -> Iterator[Step]:
    for path in theirs:
        for parent in parents(path):
            if parent in ours and parent not in theirs:
                yield Step(path, "conflict", None, None, f"{parent} is a file, where a folder is needed")
