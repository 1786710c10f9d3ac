"""Conflicts left in a project the way git leaves them, and taken back.

Both sides and their ancestor are in git's index, the files have markers in the style of diff3, and what the project was
before is kept in git's own folder until the result is committed. The order of the steps is such that, wherever they are
cut off, `abort` gives back the project as it was.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scaffolder import git
from scaffolder.apply import Change, apply, disk
from scaffolder.errors import ConflictError, EnvironmentLacksError, InputError
from scaffolder.merge import text
from scaffolder.plan import Plan, Step, plan
from scaffolder.project import current
from scaffolder.tree import SYMLINK, Entry, Tree, read_paths

_MARK = "<<<<<<< yours\n"


@dataclass(frozen=True)
class _State:
    """What is under way.

    Attributes:
        head: the commit that the project was at; another one means that the result was committed.
        before, after: the files that change, as they were and as they were left.
        unmerged: those in conflict.
        index: git's index entries of these files, as `git update-index --index-info` reads them.
    """

    head: str
    before: Tree
    after: Tree
    unmerged: tuple[str, ...]
    index: tuple[str, ...]

    @property
    def paths(self) -> set[str]:
        return {*self.before, *self.after}


def marked(planned: Plan) -> Plan:
    """The plan with the conflicts between contents marked in the files, so that its changes can be made."""
    return Plan(tuple(_mark(step) if step.sides else step for step in planned.steps))


def leave(root: Path, planned: Plan) -> None:
    """Carry out a plan whose conflicts are marked.

    Raises:
        ConflictError: the project is in no git repository, or the plan has a conflict that cannot be marked.
    """
    changes = [*planned.changes, *(Change(step.path, step.old, step.new) for step in planned.conflicts)]
    unmerged = tuple(step.path for step in planned.conflicts)
    before = {change.path: change.old for change in changes if change.old}
    after = {change.path: change.new for change in changes if change.new}
    state = _State(git.head(root), before, after, unmerged, _index(root, [change.path for change in changes]))
    try:
        _write(root, state)
        _stage(root, planned.conflicts)
        apply(root, changes)
    except BaseException:
        under_way(root)  # nothing was changed, so the index and the state go back too
        raise


def under_way(root: Path) -> bool:
    """Whether an update waits to be finished; what is over, or never really began, is tidied up."""
    state = _read(root)
    if state is None:
        return False
    if state.head != git.head(root):
        _state_file(root).unlink(missing_ok=True)
        return False
    if current(root, state.paths) == state.before:
        _finish(root, state)
        return False
    return True


def refuse(root: Path) -> None:
    """Refuse to begin another change, which could not be told from the update's when that is taken back.

    Raises:
        ConflictError: an update is not finished.
    """
    if under_way(root):
        raise ConflictError(
            "an update with conflicts is under way here",
            next_step="settle the files, git add them and commit; or take it back: scaffolder update --abort",
        )


def abort(root: Path) -> list[str]:
    """Take an update with conflicts back; what was edited since in files without conflicts stays.

    Returns:
        The files restored.

    Raises:
        InputError: none is under way.
        ConflictError: a file without conflicts was edited since in a way that cannot be kept; nothing was changed.
    """
    if not under_way(root) or not (state := _read(root)):
        raise InputError(
            "no update with conflicts is under way here",
            next_step="what was committed is taken back with git: git revert, or git reset",
        )
    now = read_paths(root, state.paths)
    settled = {path: state.after[path] for path in state.unmerged if path in state.after}
    back = plan(state.after, {**now, **settled}, state.before)
    if back.conflicts:
        listed = "\n".join(f"  {step.path}: {step.why}" for step in back.conflicts)
        raise ConflictError(
            "files were edited since the update", why=f"\n{listed}", next_step="undo these edits, then run it again"
        )
    changes = [Change(change.path, now.get(change.path), change.new) for change in back.changes]
    apply(root, [change for change in changes if change.old != change.new])
    _finish(root, state)
    return [change.path for change in changes]


def _mark(step: Step) -> Step:
    assert step.sides is not None
    base, ours, theirs = step.sides
    new = step.new or ours
    if new.text is None or theirs.text is None or (base and base.text is None) or _MARK in new.text:
        return step
    merged = text.merge(base.text if base else None, new.text, theirs.text)
    return replace(step, new=Entry(merged.text.encode(), new.mode))


def _stage(root: Path, steps: tuple[Step, ...]) -> None:
    prefix = git.run(root, "rev-parse", "--show-prefix").stdout.rstrip("\n")
    lines, nothing = [], _no_id(root)
    for step in steps:
        lines.append(f"0 {nothing}\t{prefix}{step.path}")
        for number, entry in enumerate(step.sides or (), 1):
            if entry:
                lines.append(f"{entry.mode:o} {_store(root, step.path, entry)} {number}\t{prefix}{step.path}")
    _update_index(root, lines)


def _store(root: Path, path: str, entry: Entry) -> str:
    """Put contents among git's objects, with the line ends that it would give a file at that path."""
    how = ("--no-filters",) if entry.mode == SYMLINK else ("--path", path)
    return git.run(root, "hash-object", "-w", *how, "--stdin", stdin=entry.data).stdout.strip()


def _index(root: Path, paths: list[str]) -> tuple[str, ...]:
    """The index entries of paths, and for those that have none the line that removes one."""
    prefix = git.run(root, "rev-parse", "--show-prefix").stdout.rstrip("\n")
    listed = git.run(root, "ls-files", "--stage", "--full-name", "-z").stdout.split("\0")
    wanted = {prefix + path for path in paths}
    found = {line.partition("\t")[2]: line for line in listed if line.partition("\t")[2] in wanted}
    nothing = _no_id(root)
    return tuple(line for path in sorted(wanted) for line in (f"0 {nothing}\t{path}", found.get(path)) if line)


def _no_id(root: Path) -> str:
    """The id that stands for no object: 40 digits, 64 in a repository with SHA-256."""
    return "0" * (len(git.head(root)) or 40)


def _update_index(root: Path, lines: list[str] | tuple[str, ...]) -> None:
    git.run(root, "update-index", "-z", "--index-info", stdin=os.fsencode("".join(f"{line}\0" for line in lines)))


def _finish(root: Path, state: _State) -> None:
    _update_index(root, state.index)
    _state_file(root).unlink(missing_ok=True)


def _state_file(root: Path) -> Path:
    prefix = git.run(root, "rev-parse", "--show-prefix").stdout.strip()
    name = "-".join(filter(None, ("scaffolder-update", quote(prefix.rstrip("/"), safe=""))))
    return root / git.run(root, "rev-parse", "--git-path", name).stdout.strip()


def _write(root: Path, state: _State) -> None:
    data = {**vars(state), "before": _packed(state.before), "after": _packed(state.after)}
    place = _state_file(root)
    draft = place.with_name(f"{place.name}.part")
    with suppress(FileNotFoundError):
        draft.unlink()
    disk.write(str(draft), Entry(json.dumps(data).encode()), None)
    disk.flush(draft)
    disk.rename(str(draft), str(place))


def _read(root: Path) -> _State | None:
    try:
        place = _state_file(root)
        data: dict[str, Any] = json.loads(place.read_bytes())
        before, after = (_unpacked(data[side]) for side in ("before", "after"))
        return _State(data["head"], before, after, tuple(data["unmerged"]), tuple(data["index"]))
    except (FileNotFoundError, EnvironmentLacksError):  # or there is no git, and so nothing under way
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{place} cannot be read", why=str(error), next_step=f"delete it: rm {place}") from error


def _packed(tree: Tree) -> dict[str, list[object]]:
    return {path: [entry.mode, base64.b64encode(entry.data).decode()] for path, entry in tree.items()}


def _unpacked(data: Mapping[str, Any]) -> dict[str, Entry]:
    return {path: Entry(base64.b64decode(text), mode) for path, (mode, text) in data.items()}
