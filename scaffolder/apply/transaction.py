"""Changing a project on the disk: stage, journal, rename, commit.

Power loss. The contents of every new file, and then the journal, are flushed before anything visible
happens. Renames are not flushed one by one but folder by folder at the end of each phase: `old`, before a
file is placed where an old one was, and every folder that changed, before the journal goes. That is enough
because a rename between two folders is atomic on the disk too, and because a new file that is flushed takes
its own name and folders with it on the file systems that journal (ext4, XFS, Btrfs, APFS).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaffolder.apply import journal
from scaffolder.apply.disk import Identity, flush, flush_folders_of, identity, lstat, rename, write
from scaffolder.errors import ConflictError
from scaffolder.tree import SYMLINK, Entry


@dataclass(frozen=True)
class Work:
    """What a change does to a project. Paths are relative to its root and pass through no symlink.

    Attributes:
        take: what is moved away, and what it was when it was checked: files, then the folders that this
            empties (None), deepest first.
        make: the folders to create, outermost first.
        place: the files to write, with the permission bits of the file replaced (None: as for any new file).
    """

    take: Mapping[str, Identity | None]
    make: Sequence[str]
    place: Mapping[str, tuple[Entry, int | None]]


def changed_meanwhile(path: str) -> ConflictError:
    """The error for a path that is no longer what the plan was made for."""
    return ConflictError(
        f"{path} changed while the command was running; nothing was changed",
        next_step="run the command again",
    )


def run(root: Path, stage: Path, work: Work, check: Callable[[], None]) -> None:
    """Change an existing project, all or nothing.

    Args:
        root: the project.
        stage: its temporary folder.
        work: what to do, already checked against the project.
        check: called between steps; what it raises undoes the change.

    Raises:
        ConflictError: a file changed after it was checked.
        OSError: the system refused a step. The project is as it was, as after any other exception.
        EnvironmentLacksError: not even undoing was possible; the next `recover` tries again.
    """
    try:
        _prepare(root, stage, work, check)
        _take(root, stage, work, check)
        for folder in work.make:
            (root / folder).mkdir()
        for number, path in enumerate(work.place):
            check()
            _refuse_if_there(f"{root}/{path}")
            rename(f"{stage}/new/{number}", f"{root}/{path}")
        paths = {*work.take, *work.make, *work.place}
        flush_folders_of(root, paths, gone=work.take.keys() - set(work.make))
        check()
        (stage / "journal").unlink()  # the change is complete
    except BaseException:
        journal.restore(root, stage)
        raise
    journal.discard(stage)


def create(stage: Path, missing: Sequence[str], work: Work, check: Callable[[], None]) -> None:
    """Write a project into a folder that does not exist: complete under another name, then one rename.

    Nothing is flushed: what was generated a moment ago can be generated again, and flushing some hundred files takes
    seconds on a busy disk.

    Args:
        stage: the temporary folder, beside `missing[0]`.
        missing: the folders to create, the last of which is the project.
        work: what to do; nothing is taken away.
        check: called between steps; what it raises leaves nothing behind.
    """
    try:
        stage.mkdir(exist_ok=True)
        root = (stage / "new").joinpath(*missing[1:])
        root.mkdir(parents=True)
        for folder in work.make:
            (root / folder).mkdir()
        _write({f"{root}/{path}": file for path, file in work.place.items()}, check)
        check()
        _refuse_if_there(f"{stage.parent}/{missing[0]}")
        rename(f"{stage}/new", f"{stage.parent}/{missing[0]}")  # the change is complete
    finally:
        journal.discard(stage)


def _refuse_if_there(path: str) -> None:
    if lstat(path):
        raise changed_meanwhile(path)


def _prepare(root: Path, stage: Path, work: Work, check: Callable[[], None]) -> None:
    """Write all that the change needs; nothing of it is visible yet."""
    stage.mkdir(exist_ok=True)
    (stage / "new").mkdir()
    (stage / "old").mkdir()
    staged = {f"{stage}/new/{number}": file for number, file in enumerate(work.place.values())}
    _write(staged, check)
    for path, (entry, _) in staged.items():  # not one by one: the file system then has less to commit
        check()
        if entry.mode != SYMLINK:
            flush(path)
    places = [(path, identity(os.lstat(file))) for path, file in zip(work.place, staged, strict=True)]
    flush(stage / "new")
    check()
    journal.write(stage, journal.Journal(list(work.take), list(work.make), places))
    flush(root)


def _write(files: Mapping[str, tuple[Entry, int | None]], check: Callable[[], None]) -> None:
    for path, (entry, permissions) in files.items():
        check()
        write(path, entry, permissions)


def _take(root: Path, stage: Path, work: Work, check: Callable[[], None]) -> None:
    for number, (path, seen) in enumerate(work.take.items()):
        check()
        taken = f"{stage}/old/{number}"
        rename(f"{root}/{path}", taken)
        same = identity(os.lstat(taken)) == seen if seen else not any(Path(taken).iterdir())
        if not same:
            raise changed_meanwhile(f"{root}/{path}")
    flush(stage / "old")
