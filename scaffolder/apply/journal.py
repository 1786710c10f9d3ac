"""The record of a change under way, and undoing what it lists.

Inside the temporary folder, `new/<n>` are the files to place and `old/<n>` what was taken away to make
room. The file `journal` is there from just before the first visible step until the change is complete, so
one rule serves failures, signals and crashes alike: if there is a journal, undo what it lists; the rest is
rubbish. Every step is a rename, and where its source lies tells whether it was done, so undoing can itself
be interrupted and repeated.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scaffolder.apply import disk
from scaffolder.apply.disk import Identity, identity, lstat
from scaffolder.apply.locking import LOCK_FILES
from scaffolder.errors import EnvironmentLacksError
from scaffolder.tree import Entry

_VERSION = 1


@dataclass(frozen=True)
class Journal:
    """What a change takes away, makes and places, in this order; paths are relative to the project.

    Attributes:
        take: the nth is moved to `old/<n>`.
        make: folders that are created, outermost first.
        place: the nth comes from `new/<n>`, whose identity is given.
    """

    take: list[str]
    make: list[str]
    place: list[tuple[str, Identity]]

    @property
    def paths(self) -> set[str]:
        """Every path that the change touches."""
        return {*self.take, *self.make, *(path for path, _ in self.place)}


def write(stage: Path, record: Journal) -> None:
    """Put the journal into the temporary folder, complete and flushed."""
    import json  # here and below, because commands that write nothing need not pay for it

    draft = f"{stage}/journal.part"
    disk.write(draft, Entry(json.dumps({"version": _VERSION, **vars(record)}).encode()), None)
    disk.flush(draft)
    disk.rename(draft, f"{stage}/journal")
    disk.flush(stage)


def read(stage: Path) -> Journal | None:
    """The journal of an interrupted change; None where nothing visible had been done, or all of it.

    Raises:
        EnvironmentLacksError: it is not a journal, or one of a later version.
    """
    import json

    try:
        record = json.loads((stage / "journal").read_bytes())
        if record.pop("version") != _VERSION:
            raise ValueError("unknown version")
        places = [(path, (size, modified)) for path, (size, modified) in record["place"]]
        return Journal(record["take"], record["make"], places)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentLacksError(
            f"{stage / 'journal'} cannot be read, so the interrupted change that it records cannot be undone",
            why=str(error),
            next_step="run the version of scaffolder that was interrupted, once, in this project",
        ) from error


def restore(root: Path, stage: Path) -> list[str]:
    """Undo a change as far as it got, and remove what it left behind.

    Returns:
        Copies made of files that somebody edited after the interruption, as paths relative to `root`.

    Raises:
        EnvironmentLacksError: the system refused; calling again continues.
    """
    try:
        record = read(stage)
        kept = _undo(root, stage, record) if record else []
    except OSError as error:
        raise EnvironmentLacksError(
            f"an incomplete change of {root} could not be undone: {error.filename or root}",
            why=error.strerror or str(error),
            next_step="remove the cause; the next scaffolder command in this project continues",
        ) from error
    discard(stage)
    return kept


def discard(stage: Path) -> None:
    """Remove everything but a lock from the temporary folder, the journal first; never raises OSError."""
    with suppress(OSError):
        (stage / "journal").unlink(missing_ok=True)
        disk.flush(stage)
        disk.delete(str(stage), keep=LOCK_FILES)


def _undo(root: Path, stage: Path, record: Journal) -> list[str]:
    kept = []
    taken = {path: f"{stage}/old/{number}" for number, path in enumerate(record.take)}
    for number, (path, placed) in enumerate(record.place):
        staged = f"{stage}/new/{number}"
        if lstat(staged) or (path in taken and not lstat(taken[path])):
            continue  # never placed, or put back by an earlier attempt
        if (info := lstat(f"{root}/{path}")) and not _through_link(root, path):
            if identity(info) == placed:
                disk.rename(f"{root}/{path}", staged)
            else:
                kept.append(_keep(root, path))
    for path in reversed(record.make):
        try:
            if not _through_link(root, path):
                (root / path).rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENOTEMPTY, errno.EEXIST):
                raise
    for path, old in reversed(taken.items()):
        kept += _put_back(root, path, old)
    disk.flush_folders_of(root, record.paths, gone=record.make)
    return kept


def _put_back(root: Path, path: str, old: str) -> list[str]:
    """Move what was taken to its place again; somebody may have worked there since a crash."""
    info, there = lstat(old), lstat(f"{root}/{path}")
    if info and _through_link(root, path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), f"{root}/{path}")
    if info is None or (there and stat.S_ISDIR(there.st_mode) and stat.S_ISDIR(info.st_mode)):
        return []
    kept = [_keep(root, path)] if there else []
    if not lstat((root / path).parent):
        (root / path).parent.mkdir(parents=True)
    disk.rename(old, f"{root}/{path}")
    return kept


def _through_link(root: Path, path: str) -> bool:
    """Whether a path no longer lies, or never lay, inside the project: nothing is to be done there."""
    return any((root / folder).is_symlink() for folder in PurePosixPath(path).parents)


def _keep(root: Path, path: str) -> str:
    """Move a file edited since the interruption aside rather than lose the edit."""
    copy = f"{path}.kept"
    while lstat(f"{root}/{copy}"):
        copy += "+"
    disk.rename(f"{root}/{path}", f"{root}/{copy}")
    return copy
