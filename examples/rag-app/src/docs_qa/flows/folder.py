"""What a folder of documents looks like from outside, without reading the files."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Snapshot(NamedTuple):
    """State of a folder.

    Attributes:
        fingerprint: changes when a file appears, goes, moves or is written to.
        files: number of files.
        settled: whether the last change is old enough for copying to have ended.
    """

    fingerprint: str
    files: int
    settled: bool


def snapshot(folder: Path, settle_seconds: float) -> Snapshot:
    """Look at `folder`, hidden files and folders left out.

    Raises:
        FileNotFoundError: there is no such folder. An empty one would mean "remove everything",
            so a volume that is not mounted must not look like one.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder.absolute()} is no folder")
    seen = sorted(_files(folder))
    digest = hashlib.sha256()
    for path, size, changed in seen:
        digest.update(f"{path}\0{size}\0{changed}\n".encode("utf-8", "surrogateescape"))
    youngest = max((changed for _, _, changed in seen), default=0)
    settled = time.time_ns() - youngest >= settle_seconds * 1e9
    return Snapshot(digest.hexdigest()[:32], len(seen), settled)


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Relative path, size in bytes and time of the last change in ns of every file."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            try:
                state = path.stat()
            except FileNotFoundError:  # went while we were looking
                continue
            if not name.startswith("."):
                yield str(path.relative_to(folder)), state.st_size, state.st_mtime_ns
