"""The few operations on files that changing a project needs, and words for when the system refuses them."""

from __future__ import annotations

import errno
import os
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scaffolder.errors import EnvironmentLacksError
from scaffolder.tree import EXECUTABLE, STAGE, SYMLINK, Entry

#: Size and time of modification (ns): tells whether a file is still the one that was seen.
Identity = tuple[int, int]


def identity(info: os.stat_result) -> Identity:
    """What stays the same when a file is renamed and changes when it is written."""
    return info.st_size, info.st_mtime_ns


def lstat(path: str | Path) -> os.stat_result | None:
    """What is at `path`, symlinks not followed; None where there is nothing."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def flush_folders_of(root: Path, paths: Iterable[str], gone: Container[str]) -> None:
    """Flush the folders of paths, except those that are gone (a link may have taken their place)."""
    for folder in {path.rpartition("/")[0] for path in paths}:
        if folder not in gone:
            with suppress(FileNotFoundError, NotADirectoryError):
                flush(root / folder)


def rename(source: str, target: str) -> None:
    """Move a file, link or folder within a file system; `target` is replaced if it is a file or link."""
    os.rename(source, target)  # noqa: PTH104 (runs for every file, and building two paths costs more than this)


def write(path: str, entry: Entry, permissions: int | None) -> None:
    """Write a new file, not yet flushed to the disk; `permissions` None: as the umask says."""
    if entry.mode == SYMLINK:
        os.symlink(os.fsdecode(entry.data), path)  # noqa: PTH211 (as in `rename`)
        return
    bits = permissions if permissions is not None else 0o777 if entry.mode == EXECUTABLE else 0o666
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, bits)
    try:
        rest = memoryview(entry.data)
        while rest:
            rest = rest[os.write(file, rest) :]
        if permissions is not None:
            os.fchmod(file, permissions)  # the umask is for new files only
    finally:
        os.close(file)


def flush(path: str | Path) -> None:
    """Have a file, or the names in a folder, written to the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot flush folders
            raise
    finally:
        os.close(handle)


def delete(folder: str, keep: Container[str] = ()) -> None:
    """Delete a folder with all that is in it, following no links; fails at the end if something was kept."""
    with os.scandir(folder) as entries:
        children = [child for child in entries if child.name not in keep]
    for child in children:
        if child.is_dir(follow_symlinks=False):
            delete(child.path)
        else:
            os.unlink(child.path)  # noqa: PTH108 (as in `rename`)
    os.rmdir(folder)  # noqa: PTH106


@contextmanager
def os_errors_explained(root: Path) -> Iterator[None]:
    """Turn the system's refusals into an error that names the folder and the next step."""
    try:
        yield
    except OSError as error:
        named = str(error.filename or root)
        where = root if STAGE in named else named
        steps = {
            errno.ENOSPC: "free some space on that disk, then run the command again",
            errno.EDQUOT: "free some of your disk quota, then run the command again",
            errno.ENAMETOOLONG: "choose a shorter name",
        }
        raise EnvironmentLacksError(
            f"{where} cannot be written; nothing was changed",
            why=os.strerror(error.errno) if error.errno else str(error),
            next_step=steps.get(error.errno or 0, "choose a folder that you can write to, or change its permissions"),
        ) from error
