"""Whether changes fit a project as it is now, and the steps that they come to. Nothing is written here."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scaffolder.apply.disk import Identity, identity, lstat
from scaffolder.apply.transaction import Work, changed_meanwhile
from scaffolder.errors import CatalogError, ConflictError, InputError
from scaffolder.tree import EXECUTABLE, STAGE, SYMLINK, Entry, read_entry


@dataclass(frozen=True)
class Change:
    """One path of a plan.

    Attributes:
        path: relative POSIX path in the project.
        old: what the plan saw there; None: nothing.
        new: what shall be there; None: nothing.
    """

    path: str
    old: Entry | None
    new: Entry | None


class _Spot(NamedTuple):
    """Where something is or will be: a path without symlinks among its folders ("" for the root).

    Attributes:
        free: nothing can be there, because its folder does not exist or is about to be replaced. What the
            system finds at the path all the same lies behind a link that will be gone.
    """

    path: str
    free: bool


def check_names(changes: Iterable[Change]) -> None:
    """Check the paths as such, without looking at the disk.

    Raises:
        CatalogError: a path that is not inside a project.
        InputError: two paths that are one, at least where case does not count.
    """
    paths: set[str] = set()
    folded: dict[str, str] = {}
    for change in changes:
        check_name(change.path)
        if change.path in paths:
            raise InputError(f"{change.path} would be written twice", next_step="leave one of the two out")
        paths.add(change.path)
        if change.new is None:
            continue
        other = folded.setdefault(_folded(change.path), change.path)
        if other != change.path:
            raise InputError(
                f"{other} and {change.path} are the same file where case does not count (macOS, Windows)",
                next_step="rename one of them",
            )


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    from unicodedata import normalize

    return normalize("NFC", normalize("NFC", path).casefold())


def check_name(path: str) -> None:
    """Refuse a path that is not inside a project.

    Raises:
        CatalogError: with the reason.
    """
    parts = path.split("/")
    problem = ""
    if not {"", ".", ".."}.isdisjoint(parts) or "\\" in path or "\0" in path:
        problem = "it must be relative, use / and contain no empty part, `.`, `..`, backslash or NUL"
    elif any(part.casefold() == ".git" for part in parts):
        problem = "it leads into git's own files"
    elif any(part.casefold().startswith(STAGE) for part in parts):
        problem = "the name is reserved for temporary files"
    elif any("\ud800" <= letter <= "\udc7f" or "\udd00" <= letter <= "\udfff" for letter in path):
        problem = "it is not valid Unicode"
    if problem:
        raise CatalogError(f"the path {path!r} cannot be written", why=problem)


def examine(root: Path, changes: Iterable[Change], check: Callable[[], None]) -> Work:
    """Check the changes against the disk, and work out the steps.

    Args:
        root: the project, an absolute path without symlinks; need not exist.
        changes: with names checked; none without effect.
        check: called between reads; may raise.

    Raises:
        ConflictError: the project is not as the changes say, or folders and files clash.
        OSError: something cannot be read.
    """
    removed = {change.path for change in changes if change.new is None}
    take: dict[str, Identity | None] = {}
    place: dict[str, tuple[Entry, int | None]] = {}
    folders: list[str] = []
    known: dict[str, _Spot] = {}
    for change in changes:
        check()
        path, free = _resolve(root, change.path, removed, known)
        check_name(path)  # again, because a link may have led to a folder of any name
        if path in take or path in place:
            raise ConflictError(f"{change.path} and another path of the change are the same file, {path}")
        info = None if free else lstat(f"{root}/{path}")
        if info and stat.S_ISDIR(info.st_mode) and change.old is None:
            folders.append(path)
        elif (read_entry(root / path) if info else None) != change.old or (info and change.old is None):
            raise changed_meanwhile(f"{root}/{path}")
        if info and change.old:
            take[path] = identity(info)
        if change.new:
            place[path] = (change.new, _permissions(change.new, info))
    needed = {parent for path in place for parent in _parents(path)}
    emptied = _emptied(root, take, needed)
    _check_kinds(root, place, folders, needed, emptied)
    take.update(dict.fromkeys(emptied))
    return Work(take, _missing(root, needed, take), place)


def _missing(root: Path, needed: Iterable[str], taken: Container[str]) -> list[str]:
    """The folders to create, outermost first."""
    missing: dict[str, None] = {}
    for folder in sorted(needed):
        if folder in taken or folder.rpartition("/")[0] in missing or not lstat(f"{root}/{folder}"):
            missing[folder] = None
    return list(missing)


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _resolve(root: Path, path: str, removed: Container[str], known: dict[str, _Spot]) -> _Spot:
    """Follow the symlinks among the folders of a path from `root`, but not its last part.

    Args:
        removed: paths that will be gone, so that a folder may take the place of a file or link.
        known: the folders resolved so far, by the path that the change has for them.
    """
    folder, _, name = path.rpartition("/")
    if not folder:
        return _Spot(path, free=False)
    if folder not in known:
        known[folder] = _resolve_folder(root, folder, path, removed, known)
    above = known[folder]
    return _Spot(f"{above.path}/{name}" if above.path else name, above.free)


def _resolve_folder(root: Path, folder: str, path: str, removed: Container[str], known: dict[str, _Spot]) -> _Spot:
    spot = _resolve(root, folder, removed, known)
    info = None if spot.free else lstat(f"{root}/{spot.path}")
    if info is None or folder in removed:
        return spot._replace(free=True)
    if stat.S_ISLNK(info.st_mode):
        return _Spot(_follow(root, root / spot.path, path), free=False)
    if not stat.S_ISDIR(info.st_mode):
        raise ConflictError(
            f"{path} needs a folder {folder}, but {root / folder} is a file",
            next_step=f"move {folder} away, then run the command again",
        )
    return spot


def _follow(root: Path, link: Path, path: str) -> str:
    target = Path(os.path.realpath(link))
    problem = ""
    if not target.is_relative_to(root):
        problem = "outside the project"
    elif {".git", STAGE} & set(target.relative_to(root).parts):
        problem = "which is not part of the project"
    elif not target.is_dir():
        problem = "which is no folder"
    if problem:
        raise ConflictError(
            f"{path} cannot be written: {link} is a symbolic link to {target}, {problem}",
            next_step="replace the link by a folder, then run the command again",
        )
    return "" if target == root else target.relative_to(root).as_posix()


def _emptied(root: Path, taken: Iterable[str], needed: set[str]) -> list[str]:
    """The folders in which nothing is left once `taken` is gone, deepest first."""
    gone = set(taken)
    emptied = []
    for folder in sorted({parent for path in gone for parent in _parents(path)} - needed, reverse=True):
        if all(f"{folder}/{child.name}" in gone for child in (root / folder).iterdir()):
            gone.add(folder)
            emptied.append(folder)
    return emptied


def _check_kinds(
    root: Path, place: Iterable[str], folders: Iterable[str], needed: set[str], emptied: Sequence[str]
) -> None:
    """Refuse a file where a folder is or will be."""
    for path in place:
        if path in needed:
            below = next(other for other in place if path in _parents(other))
            raise ConflictError(f"{path} cannot be a file and also the folder of {below}")
    for path in folders:
        if path in place and path not in emptied:
            inside = next((child.name for child in (root / path).iterdir()), "")
            holds = f"the folder that holds {path}/{inside}" if inside else "an empty folder"
            raise ConflictError(
                f"{path} is to be a file, but {root / path} is {holds}",
                next_step=f"move the folder {path} away, then run the command again",
            )


def _permissions(entry: Entry, replaced: os.stat_result | None) -> int | None:
    """The permission bits of the file replaced, executable as the entry says; None without such a file."""
    if replaced is None or not stat.S_ISREG(replaced.st_mode) or entry.mode == SYMLINK:
        return None
    bits = stat.S_IMODE(replaced.st_mode)
    if entry.mode != EXECUTABLE:
        return bits & ~0o111 if bits & stat.S_IXUSR else bits
    return bits if bits & stat.S_IXUSR else bits | (bits & 0o444) >> 2
