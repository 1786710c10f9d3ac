"""The only writer of projects: a set of changes is applied whole or not at all.

`checks` decides whether the changes fit the project as it is, `transaction` carries them out, `journal`
undoes them; `locking` and `signals` keep other commands and interruptions away meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from scaffolder.apply import journal, transaction
from scaffolder.apply.checks import Change, check_name, check_names, examine
from scaffolder.apply.disk import os_errors_explained
from scaffolder.apply.locking import (
    LOCK_FILES,
    absolute,
    exclusive,
    locate,
    remove,
    stage_of,
    stages_present,
)
from scaffolder.apply.signals import signals_caught
from scaffolder.errors import CatalogError, InputError
from scaffolder.tree import STAGE

__all__ = ["STAGE", "Change", "apply", "exclusive", "recover"]


def apply(root: Path, changes: Sequence[Change]) -> None:
    """Make all the changes to a project, or none.

    `root` and missing folders above it are created; folders that removals leave empty go too. New files
    follow the umask, existing ones keep their permissions except for being executable. A signal during the
    call undoes the change and then has its usual effect; after a crash, `recover` undoes it.

    Raises:
        CatalogError: a path is absolute, leaves the project or leads into `.git`.
        InputError: paths differ only in case; `root` is a file, or lies in one.
        ConflictError: the project is not as the plan saw it, or a file stands where a folder is needed.
        EnvironmentLacksError: the system refused (disk full, no permission).
        ScaffolderError: another command is working on the project.
    """
    check_names(changes)
    with signals_caught() as check, os_errors_explained(root), exclusive(root):
        root = absolute(root)
        for leftover in stages_present(root):
            _recover_from(leftover, root)
        work = examine(root, [change for change in changes if change.old != change.new], check)
        _, missing = locate(root)
        if missing:
            transaction.create(stage_of(root), missing, work, check)
        elif work.take or work.place:
            transaction.run(root, stage_of(root), work, check)


def recover(root: Path) -> str | None:
    """Undo what an interrupted `apply` left half done.

    Files that somebody edited since are not lost: a copy called `<name>.kept` stays beside the restored one.

    Returns:
        One sentence that says what was restored or tidied; None if there was nothing to do.

    Raises:
        ScaffolderError: another command is working on the project.
        EnvironmentLacksError: the system refused; the next call continues.
    """
    with os_errors_explained(root):
        root = absolute(root)
        if not stages_present(root):
            return None
        with signals_caught(), exclusive(root):
            sentences = [_recover_from(stage, root) for stage in stages_present(root)]
    return " ".join(filter(None, sentences)) or None


def _recover_from(stage: Path, root: Path) -> str | None:
    if {path.name for path in stage.iterdir()} <= LOCK_FILES:
        remove(stage)
        return None
    record = journal.read(stage)
    if record is None:
        journal.discard(stage)
        remove(stage)
        return "Temporary files of an interrupted command were removed; the project itself needed no repair."
    _check_journal(stage, record.paths)
    kept = journal.restore(root, stage)
    remove(stage)
    edits = f" What was edited since is kept in {', '.join(kept)}." if kept else ""
    return f"An interrupted change of {root} was undone; everything is as it was before.{edits}"


def _check_journal(stage: Path, paths: Iterable[str]) -> None:
    """Refuse a journal that came with somebody's repository and reaches out of it."""
    try:
        for path in paths:
            check_name(path)
        if (stage / "new").is_symlink() or (stage / "old").is_symlink():
            raise CatalogError("a folder in it is a symbolic link")
    except CatalogError as error:
        raise InputError(
            f"{stage} was not written by an interrupted command in this project",
            why=error.what,
            next_step="look into that folder, delete it, then run the command again",
        ) from error
