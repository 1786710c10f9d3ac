"""One command at a time per project: its temporary folder and the lock in it."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scaffolder.apply.disk import os_errors_explained, write
from scaffolder.apply.signals import signals_caught
from scaffolder.errors import InputError, ScaffolderError
from scaffolder.tree import STAGE, Entry

_LOCK = "lock"
_IGNORE = ".gitignore"
#: What `exclusive` keeps in the temporary folder; the rest of it belongs to one transaction.
LOCK_FILES = frozenset({_LOCK, _IGNORE})

#: For each root that this process holds: the folder with the lock, and the process id (a fork holds nothing).
_held: dict[Path, tuple[Path, int]] = {}


def absolute(root: Path) -> Path:
    """The path of a project without symlinks; its last parts need not exist.

    Raises:
        InputError: `root` is a symbolic link to nothing.
    """
    resolved = Path(os.path.realpath(root))
    if root.is_symlink() and not resolved.exists():
        raise InputError(
            f"{root} is a symbolic link to {resolved}, which does not exist",
            next_step="remove the link or choose another folder",
        )
    return resolved


def locate(root: Path) -> tuple[Path, tuple[str, ...]]:
    """The nearest existing folder at or above an absolute `root`, and the parts of `root` missing below it.

    Raises:
        InputError: `root` is a file, or lies inside one.
    """
    here = root
    while True:
        try:
            info = here.stat()
        except (FileNotFoundError, NotADirectoryError):
            here = here.parent
            continue
        if not stat.S_ISDIR(info.st_mode):
            what = f"{root} is a file" if here == root else f"{root} lies inside {here}, which is a file"
            raise InputError(f"{what}, not a folder", next_step="choose a folder, or a name that does not exist yet")
        return here, root.relative_to(here).parts


def stage_of(root: Path) -> Path:
    """The temporary folder for changes to an absolute `root`, on the same file system."""
    folder, missing = locate(root)
    return folder / f"{STAGE}-{missing[0]}" if missing else folder / STAGE


def stages_present(root: Path) -> list[Path]:
    """The temporary folders of `root` that exist, also one from when it or a folder above it was created.

    Raises:
        InputError: one of them is not a folder of ours.
    """
    created = (folder.with_name(f"{STAGE}-{folder.name}") for folder in (root, *root.parents) if folder.name)
    present = []
    for stage in (root / STAGE, *created):
        try:
            info = stage.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if not stat.S_ISDIR(info.st_mode):
            raise InputError(
                f"{stage} is in the way: scaffolder keeps its temporary files in a folder of that name",
                next_step="move it away, then run the command again",
            )
        present.append(stage)
    return present


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold a project, existing or not, against other commands until the block ends.

    Within one process it may be entered again. SIGTERM and SIGHUP raise inside the block, so that nothing
    stays behind, and then have their usual effect.

    Raises:
        ScaffolderError: another process holds it; the message has its process id.
        InputError, EnvironmentLacksError: `root` is no folder, or the lock cannot be written there.
    """
    with os_errors_explained(root):
        root = absolute(root)
    if _held.get(root, (root, 0))[1] == os.getpid():
        yield
        return
    with signals_caught(at_once=True):
        lock = -1
        try:
            with signals_caught(), os_errors_explained(root):
                stage, lock = _acquire(root)
                _held[root] = (stage, os.getpid())
            yield
        finally:
            if lock >= 0:
                with signals_caught():
                    del _held[root]
                    try:
                        remove(stage)
                    finally:
                        os.close(lock)


def remove(stage: Path) -> None:
    """Remove the lock files and then the folder, if nothing else is in it and this process needs neither."""
    if (stage, os.getpid()) in _held.values():
        return
    with suppress(OSError):
        for name in (_IGNORE, _LOCK):
            (stage / name).unlink(missing_ok=True)
        stage.rmdir()


def _acquire(root: Path) -> tuple[Path, int]:
    for stage in stages_present(root):
        if stage != stage_of(root):
            _refuse_if_locked(stage, root)
    while True:
        stage = stage_of(root)
        with suppress(FileExistsError):
            stage.mkdir()
        try:
            lock = os.open(stage / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:
            continue  # its former holder has just removed the folder
        except BaseException:
            with suppress(OSError):
                stage.rmdir()
            raise
        try:
            if _lock(lock, stage, root):
                return stage, lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _lock(lock: int, stage: Path, root: Path) -> bool:
    """Lock an open lock file and write the process id into it; False if it was deleted meanwhile."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _busy(stage, root) from None
    try:
        if not os.path.samestat(os.fstat(lock), (stage / _LOCK).lstat()):
            return False
    except FileNotFoundError:
        return False
    try:
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())
        with suppress(FileExistsError):  # what an interrupted command left must not end up in a commit
            write(f"{stage}/{_IGNORE}", Entry(b"*\n"), None)
    except BaseException:
        remove(stage)
        raise
    return True


def _refuse_if_locked(stage: Path, root: Path) -> None:
    try:
        lock = os.open(stage / _LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _busy(stage, root) from None
    finally:
        os.close(lock)


def _busy(stage: Path, root: Path) -> ScaffolderError:
    holder = ""
    for _ in range(20):  # the holder writes its id just after it has the lock
        with suppress(OSError):
            holder = (stage / _LOCK).read_text().strip()
        if holder:
            break
        time.sleep(0.005)
    return ScaffolderError(
        f"another scaffolder command{f' (process {holder})' if holder else ''} is working on {root}",
        next_step="wait until it has finished, then run this command again",
    )
