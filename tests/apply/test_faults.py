"""Every operation on the disk fails, kills or is interrupted in turn: a project is old or new."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
from injector import Injector, disk_full, in_child, interrupt, io_error, kill

from scaffolder.apply import STAGE, Change, apply, recover
from scaffolder.errors import EnvironmentLacksError
from scaffolder.tree import EXECUTABLE, SYMLINK, Entry

Snapshot = dict[str, tuple[object, ...]]


@dataclass(frozen=True)
class Scenario:
    """A project and what is to become of it; without files before, its folder does not exist either."""

    before: Mapping[str, Entry]
    after: Mapping[str, Entry]
    folders: tuple[str, ...] = ()

    def build(self, box: Path) -> Path:
        shutil.rmtree(box)
        root = box / "outer" / "project" if self.before else box / "missing" / "outer" / "project"
        (box / "neighbour").mkdir(parents=True)
        (box / "neighbour" / "file").write_text("not ours")
        for path, entry in self.before.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode == SYMLINK:
                file.symlink_to(os.fsdecode(entry.data))
            else:
                file.write_bytes(entry.data)
                file.chmod(0o750 if entry.mode == EXECUTABLE else 0o640)
        for path in self.folders:
            (root / path).mkdir(parents=True)
        return root

    @property
    def changes(self) -> list[Change]:
        paths = sorted({*self.before, *self.after})
        return [Change(path, self.before.get(path), self.after.get(path)) for path in paths]


def file(text: str, mode: int = 0o100644) -> Entry:
    return Entry(text.encode(), mode)


EVERYTHING = Scenario(
    before={
        "README.md": file("old"),
        "same/untouched.txt": file("same"),
        "src/gone/deep/only.py": file("removed, and with it two folders"),
        "src/edited.py": file("a = 1\n"),
        "run.sh": file("becomes executable"),
        "tool": file("no longer executable", EXECUTABLE),
        "link": file("README.md", SYMLINK),
        "link-to-file": file("nowhere", SYMLINK),
        "file-to-link": file("text"),
        "folder-to-file/inside.txt": file("in the way"),
        "file-to-folder": file("in the way"),
        "folder-to-link/inside.txt": file("in the way"),
        "link-to-folder": file("same", SYMLINK),
    },
    after={
        "README.md": file("new"),
        "same/untouched.txt": file("same"),
        "src/edited.py": file("a = 2\n"),
        "run.sh": file("becomes executable", EXECUTABLE),
        "tool": file("no longer executable"),
        "link": file("src", SYMLINK),
        "link-to-file": file("text"),
        "file-to-link": file("src/edited.py", SYMLINK),
        "folder-to-file": file("now a file"),
        "file-to-folder/inside.txt": file("now in a folder"),
        "folder-to-link": file("same", SYMLINK),
        "link-to-folder/untouched.txt": file("now in a folder"),
        "new/deep/er/added.py": file("b = 1\n"),
        "new/empty": file(""),
    },
    folders=("empty/below", "src/empty"),
)
SMALL = Scenario(
    before={"edited": file("1"), "gone/only": file("2")}, after={"edited": file("3"), "new/added": file("4")}
)
CREATED = Scenario(
    before={},
    after={
        "README.md": file("new"),
        "src/run.py": file("run", EXECUTABLE),
        "src/link": file("run.py", SYMLINK),
        "src/a/b/c.py": file("c = 1\n"),
    },
)
SCENARIOS = pytest.mark.parametrize("scenario", [EVERYTHING, CREATED], ids=["change", "create"])


def snapshot(folder: Path) -> Snapshot:
    """All that is in a folder, with what tells a file from a copy of it."""
    found: Snapshot = {}
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = f"{above}/{name}"
            info = os.lstat(path)
            if stat.S_ISDIR(info.st_mode):
                found[path] = (info.st_mode,)
            else:
                data = os.fsencode(Path(path).readlink()) if stat.S_ISLNK(info.st_mode) else Path(path).read_bytes()
                found[path] = (info.st_mode, data, info.st_mtime_ns, info.st_ino)
    return found


def shape(seen: Snapshot) -> Snapshot:
    return {name: facts[:2] for name, facts in seen.items()}


def result_of(scenario: Scenario, box: Path) -> tuple[Snapshot, list[str]]:
    """The outcome without faults, and the operations that lead there."""
    root = scenario.build(box)
    with Injector() as injector:
        apply(root, scenario.changes)
    return shape(snapshot(box)), injector.trace


def commit(trace: list[str]) -> int:
    """Which operation completes the change: the new folder gets its name, or the journal goes."""
    return next(
        number
        for number, line in enumerate(trace)
        if (line.startswith("rename ") and line.endswith("/new"))
        or (line.startswith("unlink ") and line.endswith("/journal"))
    )


class Dead(BaseException):
    """Raised by every operation from some point on: for the disk the process is dead, without a fork."""


def die(_growing: bool) -> NoReturn:
    raise Dead


def under(injector: Injector, action: Callable[[], object]) -> None:
    with injector:
        action()


@SCENARIOS
def test_killed_at_any_operation_recover_restores(scenario: Scenario, box: Path, faults: Counter[str]) -> None:
    new, trace = result_of(scenario, box)
    for at, line in enumerate(trace):
        root = scenario.build(box)
        old = snapshot(box)
        action = partial(under, Injector(at, kill), partial(apply, root, scenario.changes))
        assert in_child(action) == -signal.SIGKILL
        recover(root)
        assert snapshot(box) == old if at <= commit(trace) else shape(snapshot(box)) == new, f"{line} ({at})"
        assert recover(root) is None
        faults["SIGKILL during apply, then recover"] += 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("scenario", "step"), [(SMALL, 3), (CREATED, 4), (EVERYTHING, 40)], ids=["small", "create", "change"]
)
def test_dead_at_any_operation_of_apply_and_of_recover(
    scenario: Scenario, step: int, after: bool, box: Path, faults: Counter[str]
) -> None:
    new, trace = result_of(scenario, box)
    complete = commit(trace) + (not after)
    for at, line in enumerate(trace):
        for again in range(at % step, 10_000, step):
            root = scenario.build(box)
            old = snapshot(box)
            with suppress(Dead):
                under(Injector(at, die, after, sticky=True), partial(apply, root, scenario.changes))
            try:
                under(Injector(again, die, after, sticky=True), partial(recover, root))
                died = False
            except Dead:
                died = True
            recover(root)
            assert snapshot(box) == old if at < complete else shape(snapshot(box)) == new, f"{line} ({at}, {again})"
            if not died:
                break
            faults["death during apply and again during recover, then recover"] += 1


@SCENARIOS
@pytest.mark.parametrize(
    ("act", "sticky"),
    [(disk_full, False), (disk_full, True), (io_error, False), (interrupt, False)],
    ids=["no space once", "no space from then on", "input/output error", "KeyboardInterrupt"],
)
def test_an_exception_at_any_operation_changes_nothing(
    scenario: Scenario, act: Callable[[bool], None], sticky: bool, box: Path, faults: Counter[str]
) -> None:
    new, trace = result_of(scenario, box)
    complete = commit(trace)
    for at in range(len(trace)):
        root = scenario.build(box)
        old = snapshot(box)
        raised = None
        try:
            under(Injector(at, act, sticky=sticky), partial(apply, root, scenario.changes))
        except (EnvironmentLacksError, KeyboardInterrupt) as error:
            raised = error
        recovered = recover(root) if at > complete else None
        if raised and at <= complete:
            assert snapshot(box) == old, f"{trace[at]} ({at})"
        else:
            assert shape(snapshot(box)) == new, f"{trace[at]} ({at})"
        assert recovered is None or "needed no repair" in recovered
        faults[f"{act.__name__} during apply"] += 1


def test_an_error_while_undoing_is_finished_by_recover(box: Path, faults: Counter[str]) -> None:
    _, trace = result_of(SMALL, box)
    for at in range(commit(trace)):
        root = SMALL.build(box)
        old = snapshot(box)
        with pytest.raises(EnvironmentLacksError):
            under(Injector(at, io_error, sticky=True), partial(apply, root, SMALL.changes))
        recover(root)
        assert snapshot(box) == old, f"{trace[at]} ({at})"
        faults["every operation fails from then on, then recover"] += 1


@pytest.mark.parametrize(
    ("scenario", "number", "sticky"),
    [
        (EVERYTHING, signal.SIGTERM, False),
        (CREATED, signal.SIGTERM, True),
        (CREATED, signal.SIGHUP, False),
        (SMALL, signal.SIGHUP, True),
        (EVERYTHING, signal.SIGINT, True),
        (CREATED, signal.SIGINT, False),
    ],
)
def test_a_signal_at_any_operation_undoes_and_is_delivered(
    scenario: Scenario, number: signal.Signals, sticky: bool, box: Path, faults: Counter[str]
) -> None:
    new, trace = result_of(scenario, box)
    for at, line in enumerate(trace):
        root = scenario.build(box)
        old = snapshot(box)
        injector = Injector(at, lambda _growing: signal.raise_signal(number), sticky=sticky)
        action = partial(under, injector, partial(apply, root, scenario.changes))
        if number == signal.SIGINT:
            with pytest.raises(KeyboardInterrupt):
                action()
        else:
            assert in_child(action) == -number, f"{line} ({at})"
        assert snapshot(box) == old if at < commit(trace) else shape(snapshot(box)) == new, f"{line} ({at})"
        faults[f"{number.name} during apply"] += 1


def test_contents_are_flushed_before_anything_is_visible(box: Path) -> None:
    """Power loss: what is not flushed when the first rename happens could be empty afterwards."""
    root = EVERYTHING.build(box)
    stage = str(root / STAGE)
    _, trace = result_of(EVERYTHING, box)
    first = next(n for n, line in enumerate(trace) if line.startswith(f"rename {root}/") and STAGE not in line)
    written = [line.split()[1] for line in trace if line.startswith(f"open {stage}/new/")]
    assert written
    for path in {*written, f"{stage}/journal.part"}:
        opened = [n for n, line in enumerate(trace) if line == f"open {path}"]
        assert len(opened) == 2, "written, then opened again to be flushed"
        assert opened[1] < first
        assert trace[opened[1] + 1].startswith("fsync ")
    changed = {root, root / "src", root / "same", root / "new", root / "new/deep/er"} - {root / "same"}
    tail = trace[first : commit(trace)]
    assert {f"open {folder}" for folder in changed} <= set(tail), "folders are flushed before the journal goes"
