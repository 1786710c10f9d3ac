"""A tree of files as a value: path -> bytes and mode."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000

#: The temporary folder of a command inside the project; whoever reads a project skips it. A project that does
#: not exist yet has `STAGE-<name>` beside it instead, so every name that starts with this is ours.
STAGE = ".scaffolder.tmp"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its bytes (a symlink's are its target) and its mode as git records it."""

    data: bytes
    mode: int = FILE

    @property
    def blob_id(self) -> str:
        """The id (40 hex digits) that git gives to these bytes."""
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data, usedforsecurity=False).hexdigest()

    @property
    def text(self) -> str | None:
        """The bytes as UTF-8 text, or None for binary files and symlinks."""
        if self.mode == SYMLINK or b"\0" in self.data:
            return None
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None


#: Keys are relative POSIX paths, never absolute and never with `..`.
Tree = Mapping[str, Entry]


def read_entry(path: str | Path) -> Entry | None:
    """Read one file or symlink; None where there is nothing or a folder.

    Raises:
        OSError: the file is there but cannot be read.
    """
    try:
        info = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(info.st_mode):
        return Entry(os.fsencode(os.readlink(path)), SYMLINK)
    if not stat.S_ISREG(info.st_mode):
        return None
    with open(path, "rb", buffering=0) as file:
        return Entry(file.readall(), EXECUTABLE if info.st_mode & stat.S_IXUSR else FILE)


def read_paths(root: Path, paths: Iterable[str]) -> dict[str, Entry]:
    """Read those of `paths` that exist under `root`."""
    found = ((path, read_entry(f"{root}/{path}")) for path in paths)
    return {path: entry for path, entry in found if entry is not None}


def read_tree(root: Path) -> dict[str, Entry]:
    """Read every file under `root`, sorted by path; `.git`, caches of Python and our own temporary files are not."""
    return dict(sorted(_walk(str(root), ""))) if root.is_dir() else {}


# Strings, not `Path`s: for some hundred small files those would cost as much as reading them.
def _walk(folder: str, prefix: str) -> Iterator[tuple[str, Entry]]:
    with os.scandir(folder) as children:
        for child in children:
            if child.is_dir(follow_symlinks=False):
                if child.name not in {".git", "__pycache__"} and not child.name.startswith(STAGE):
                    yield from _walk(child.path, f"{prefix}{child.name}/")
            elif entry := read_entry(child.path):
                yield prefix + child.name, entry
