"""One command at a time, and no trace of it afterwards, however it ends."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scaffolder.apply import STAGE, Change, apply, exclusive, recover
from scaffolder.errors import ScaffolderError
from scaffolder.tree import Entry, read_tree

CHANGE = [Change("x", None, Entry(b"x"))]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def start(action: Callable[[], object]) -> int:
    """Run in a forked child; its exit status says whether it was refused (1) or failed (2)."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(0)
        except ScaffolderError:
            os._exit(1)
        except BaseException:
            traceback.print_exc()
            os._exit(2)
    return pid


def end(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextmanager
def held_by_another(root: Path) -> Iterator[int]:
    """Another process that holds `root` until it is killed."""
    ready, tell = os.pipe()

    def hold() -> None:
        with exclusive(root):
            os.write(tell, b"!")
            signal.pause()

    pid = start(hold)
    assert os.read(ready, 1) == b"!"
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        end(pid)
        os.close(ready)
        os.close(tell)


@pytest.mark.parametrize("name", [".", "missing/below"], ids=["existing", "missing"])
def test_the_second_is_told_who_holds_it_and_a_dead_holder_does_not_count(box: Path, name: str) -> None:
    root = box / name
    with held_by_another(root) as pid:
        actions: list[Callable[[], object]] = [
            lambda: apply(root, CHANGE),
            lambda: recover(root),
            lambda: exclusive(root).__enter__(),
        ]
        for action in actions:
            with pytest.raises(ScaffolderError, match=rf"process {pid}\) is working on") as caught:
                action()
            assert caught.value.next_step
    assert recover(root) is None
    assert names(box) == []
    apply(root, CHANGE)
    assert read_tree(root) == {"x": Entry(b"x")}
    assert [name for name in names(box) if name.startswith(STAGE)] == []


def test_a_dead_holder_can_be_followed_at_once(box: Path) -> None:
    with held_by_another(box):
        pass
    assert names(box) == [STAGE]
    with exclusive(box):
        assert (box / STAGE / "lock").read_text() == f"{os.getpid()}\n"
    assert names(box) == []


def test_the_creator_of_a_project_still_holds_it_when_it_exists(box: Path) -> None:
    root = box / "new/project"
    with exclusive(root):
        apply(root, CHANGE)
        for action in (lambda: apply(root, [Change("y", None, Entry(b"y"))]), lambda: recover(root)):
            assert end(start(action)) == 1
        apply(root, [Change("z", None, Entry(b"z"))])
        assert recover(root) is None
        assert end(start(lambda: recover(root))) == 1
    assert set(read_tree(box)) == {"new/project/x", "new/project/z"}


def test_two_projects_in_one_folder_do_not_wait_for_each_other(box: Path) -> None:
    with held_by_another(box / "one"):
        apply(box / "two", CHANGE)
    assert read_tree(box / "two") == {"x": Entry(b"x")}


def test_may_be_entered_again_in_the_same_process(box: Path) -> None:
    with exclusive(box), exclusive(box):
        apply(box, CHANGE)
        assert (box / STAGE / "lock").exists()
    assert names(box) == ["x"]


def test_released_when_the_block_raises(box: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(box):
        _ = 1 / 0
    assert names(box) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_in_the_block_releases_it_and_is_delivered(box: Path, number: signal.Signals) -> None:
    def action() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
        with exclusive(box):
            signal.raise_signal(number)

    assert end(start(action)) == (2 if number == signal.SIGINT else -number)
    assert names(box) == []


def test_ignored_signals_stay_ignored(box: Path) -> None:
    """`nohup scaffolder add ...` must survive the end of the session."""

    def action() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        original = os.fsync
        os.fsync = lambda handle: (signal.raise_signal(signal.SIGHUP), original(handle))  # type: ignore
        apply(box, CHANGE)

    assert end(start(action)) == 0
    assert read_tree(box) == {"x": Entry(b"x")}


@pytest.mark.parametrize("name", ["project", "."], ids=["missing", "existing"])
def test_many_at_once(box: Path, name: str) -> None:
    """Whoever wins, the project is one command's work and the others are told so."""
    root = box / name
    paths = [f"d/{number}" for number in range(20)]

    def write(number: int) -> None:
        apply(root, [Change(path, None, Entry(b"%d" % number)) for path in paths])

    for _ in range(5):
        children = [start(lambda number=number: write(number)) for number in range(6)]  # type: ignore[misc]
        endings = [end(pid) for pid in children]
        assert endings.count(0) == 1
        assert endings.count(1) == 5
        tree = read_tree(box)
        assert len(tree) == 20
        assert {entry.data for entry in tree.values()} == {b"%d" % endings.index(0)}
        assert not [path for path in box.rglob("*") if path.name.startswith(STAGE)]
        for path in paths:
            (root / path).unlink()
        (root / "d").rmdir()
        if root != box:
            root.rmdir()
