"""What the system really does: full disks, no inodes, read-only file systems, missing permissions."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaffolder.apply import STAGE, Change, apply, exclusive, recover
from scaffolder.errors import EnvironmentLacksError
from scaffolder.tree import Entry, read_tree

BEFORE = {"a": Entry(b"a" * 3000), "d/b": Entry(b"b" * 9000), "d/c": Entry(b"c")}
AFTER = {"a": Entry(b"A" * 5000), "d/b": Entry(b"B" * 9000), "e/f/g": Entry(b"g" * 9000)}
CHANGES = [Change(path, BEFORE.get(path), AFTER.get(path)) for path in sorted({*BEFORE, *AFTER})]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount (again) a small file system in memory with the options given."""
    folder = tmp_path / "mounted"
    folder.mkdir()

    def mounted(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if shutil.which("mount") is None:
            pytest.skip("no mount")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
        return folder

    yield mounted
    while os.path.ismount(folder):
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_changes_nothing(mount: Callable[[str], Path], faults: Counter[str]) -> None:
    """Free space from nothing to enough, so that each kind of write is the one that fails."""
    root = mount("size=160k") / "project"
    refused = 0
    reasons = set()
    for free in range(0, 64, 4):
        apply(root, [Change(path, None, entry) for path, entry in BEFORE.items()])
        filler = root.parent / "filler"
        with filler.open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(4096))
                except OSError:
                    break
            file.truncate(max(file.tell() - 1024 * free, 0))
        try:
            apply(root, CHANGES)
            assert read_tree(root) == AFTER
        except EnvironmentLacksError as error:
            refused += 1
            reasons.add((error.why, error.next_step))
            assert read_tree(root) == BEFORE
        assert STAGE not in names(root)
        filler.unlink()
        shutil.rmtree(root)
    faults["a really full disk"] += refused
    assert reasons == {(os.strerror(errno.ENOSPC), "free some space on that disk, then run the command again")}
    assert 5 <= refused < 16


def test_running_out_of_inodes_changes_nothing(mount: Callable[[str], Path], faults: Counter[str]) -> None:
    folder = mount("nr_inodes=40")
    refused = 0
    for free in range(16):
        for root, before in ((folder / "old", BEFORE), (folder / "created/here", {})):
            apply(folder / "old", [Change(path, None, entry) for path, entry in BEFORE.items()])
            fillers = folder / "fillers"
            fillers.mkdir()
            made = 0
            while True:
                try:
                    (fillers / str(made)).touch()
                    made += 1
                except OSError:
                    break
            for number in range(free):
                (fillers / str(number)).unlink()
            try:
                apply(root, [Change(path, before.get(path), entry) for path, entry in AFTER.items()])
                assert {**AFTER, **read_tree(root)} == read_tree(root)
            except EnvironmentLacksError:
                refused += 1
                assert read_tree(root) == before
                assert names(folder) == ["fillers", "old"]
            for child in folder.iterdir():
                shutil.rmtree(child)
    faults["really out of inodes"] += refused
    assert refused > 10


def test_a_read_only_file_system(mount: Callable[[str], Path]) -> None:
    root = mount("size=1m") / "project"
    apply(root, [Change(path, None, entry) for path, entry in BEFORE.items()])
    mount("remount,ro")
    for target in (root, root.parent / "new"):
        with pytest.raises(EnvironmentLacksError) as caught:
            apply(target, CHANGES if target == root else [Change("x", None, Entry(b""))])
        assert str(target) in caught.value.what
        assert caught.value.why == os.strerror(errno.EROFS)
        assert caught.value.next_step
        assert recover(target) is None
    with pytest.raises(EnvironmentLacksError), exclusive(root):
        pytest.fail("held on a read-only file system")
    assert read_tree(root) == BEFORE
    mount("remount,rw")


def as_nobody(action: Callable[[], None]) -> None:
    """Run without the privileges that see through permissions."""
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            action()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_missing_permissions(box: Path) -> None:
    """In the project, above it, and in one of its folders only (found half way through)."""
    for path in ("closed", "open", "open/d"):
        (box / path).mkdir()
    for path, entry in BEFORE.items():
        (box / "open" / path).write_bytes(entry.data)
    (box / "closed").chmod(0o555)
    (box / "open/d").chmod(0o555)
    (box / "open").chmod(0o777)

    def action() -> None:
        for root, changes in [
            (box / "closed", [Change("x", None, Entry(b""))]),
            (box / "closed/new/project", [Change("x", None, Entry(b""))]),
            (box / "open", CHANGES),
        ]:
            with pytest.raises(EnvironmentLacksError) as caught:
                apply(root, changes)
            assert str(root) in caught.value.what
            assert caught.value.why == os.strerror(errno.EACCES)
        assert read_tree(box / "open") == BEFORE
        assert names(box / "open") == ["a", "d"]

    as_nobody(action)
