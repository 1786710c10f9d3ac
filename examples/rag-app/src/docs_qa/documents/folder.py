"""The files of a folder, as documents."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .formats import too_large
from .model import Failure
from .prepare import check_name
from .settings import Limits

# Hidden files, and what Office puts beside a document that is open
_IGNORED = (".", "~$")


@dataclass(frozen=True, slots=True)
class File:
    """A file that may be a document; `failure` says why it cannot be one."""

    id: str
    path: Path
    size: int
    failure: Failure | None = None


def scan(folder: Path, limits: Limits) -> list[File]:
    """Return the files below a folder in the order of their paths.

    Hidden files and folders are left out. Links are followed to files inside the folder only.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: there is no such folder")
    return sorted(_files(folder, folder.resolve(), limits), key=lambda file: file.id)


def read(file: File, limits: Limits) -> bytes:
    """Return the bytes of a file.

    Raises:
        Failure: it cannot be read, or is too large.
    """
    if file.failure is not None:
        raise file.failure
    try:
        with file.path.open("rb") as stream:
            data = stream.read(limits.max_bytes + 1)
    except OSError as error:
        raise _unreadable(error) from error
    if len(data) > limits.max_bytes:
        raise too_large(max(file.size, len(data)), limits)
    return data


def _files(folder: Path, root: Path, limits: Limits) -> Iterator[File]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(_IGNORED)]
        for name in names:
            if not name.startswith(_IGNORED):
                yield _file(folder, Path(parent, name), root, limits)


def _file(folder: Path, path: Path, root: Path, limits: Limits) -> File:
    name = path.relative_to(folder).as_posix()
    shown = name.encode("utf-8", "backslashreplace").decode()
    try:
        check_name(name)
        status = path.stat()
        inside = path.resolve().is_relative_to(root)
    except OSError as error:
        return File(shown, path, 0, _unreadable(error))
    except Failure as failure:
        return File(shown, path, 0, failure)
    if not inside:
        problem = "it is a link to a file outside of the folder"
        return File(name, path, 0, Failure("link", problem))
    if not stat.S_ISREG(status.st_mode):
        return File(name, path, 0, Failure("unreadable", "it is no regular file"))
    if status.st_size > limits.max_bytes:
        return File(name, path, 0, too_large(status.st_size, limits))
    return File(name, path, status.st_size)


def _unreadable(error: OSError) -> Failure:
    return Failure("unreadable", f"the file cannot be read: {error.strerror}")
