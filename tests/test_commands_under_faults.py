"""Every command is killed, or refused by the system, at every operation on the disk: the project is old or new.

An update with conflicts may also be cut off between, where `update --abort` gives the old project back.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from injector import Injector, disk_full, in_child, io_error, kill

from scaffolder import apply, catalog, lock, project, unmerged, update, workflow
from scaffolder.catalog import Catalog
from scaffolder.errors import EnvironmentLacksError, InputError
from scaffolder.proposal import Proposal
from scaffolder.tree import Tree, read_tree

Propose = Callable[[Catalog, Path], Proposal]
State = tuple[Tree | None, str]


def git(root: Path, *arguments: str) -> str:
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(["git", *author, *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def new(known: Catalog, root: Path) -> Proposal:
    return workflow.new(known, "small", root, data={"project_name": "shop"})


def add(known: Catalog, root: Path) -> Proposal:
    return workflow.add(known, project.find(root), ["beta"], {})


def remove(known: Catalog, root: Path) -> Proposal:
    return workflow.remove(known, project.find(root), ["alpha"])


def rename(known: Catalog, root: Path) -> Proposal:
    return workflow.set_answers(known, project.find(root), {"project_name": "store", "description": "Other"})


def bring(known: Catalog, root: Path) -> Proposal:
    return update.propose(known, project.find(root), {}).proposal


COMMANDS: dict[str, Propose] = {
    "new": new,
    "add": add,
    "remove": remove,
    "set": rename,
    "update": bring,
    "update with conflicts": bring,
}


@pytest.fixture
def box() -> Iterator[Path]:
    """An empty folder, in memory where possible: thousands of flushes are slow on a disk."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="scaffolder-test-", dir=memory if memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


class Stage:
    """A project that can be set up again and again, and a proposal for it."""

    def __init__(self, name: str, folder: Path, box: Path) -> None:
        known = catalog.load(folder)
        self.original, self.root = box / "original", box / "work"
        if name != "new":
            workflow.carry_out(new(known, self.original))
            (self.original / "mine.txt").write_text("mine\n")
            git(self.original, "init", "-q")
            git(self.original, "add", "-A")
            git(self.original, "commit", "-qm", "start")
            edit(self.original / "src/shop/alpha.py", "ALPHA = NAME", "ALPHA = NAME + NAME")
            git(self.original, "commit", "-qam", "edit")
        if name.startswith("update"):
            edit(folder / "components/base/project/run.sh", "echo run", "echo run it")
            edit(
                folder / "components/alpha/project/src/my_project/alpha.py", "from my_project", "# new\nfrom my_project"
            )
        if name == "update with conflicts":
            edit(self.original / "run.sh", "echo run", "echo walk")
            git(self.original, "commit", "-qam", "walk")
        self.before = self.build()
        self.proposal = COMMANDS[name](catalog.load(folder), self.root)

    def build(self) -> State:
        shutil.rmtree(self.root, ignore_errors=True)
        if self.original.exists():
            shutil.copytree(self.original, self.root, symlinks=True)
            git(self.root, "update-index", "-q", "--refresh")
        return self.state()

    def state(self) -> State:
        if not self.root.exists():
            return None, ""
        inside = (self.root / ".git").exists()
        return read_tree(self.root), git(self.root, "ls-files", "--stage") if inside else ""

    def carry_out(self) -> None:
        workflow.carry_out(self.proposal)


def under(injector: Injector, action: Callable[[], object]) -> None:
    with injector:
        action()


def trace_of(stage: Stage, action: Callable[[], object]) -> tuple[State, list[str]]:
    with Injector() as injector:
        action()
    return stage.state(), injector.trace


def mend(stage: Stage) -> None:
    """What the next command does first."""
    apply.recover(stage.root)
    if stage.root.exists():
        unmerged.under_way(stage.root)


@pytest.fixture(params=COMMANDS)
def stage(request: pytest.FixtureRequest, mini_folder: Path, box: Path) -> Stage:
    return Stage(request.param, mini_folder, box)


def check(stage: Stage, after: State, line: str) -> str:
    """Whether the project is as before or as after; where an update is cut off between, that it can be taken back."""
    found = stage.state()
    if found == stage.before:
        return "before"
    if found == after:
        return "after"
    assert stage.proposal.plan.conflicts, line
    unmerged.abort(stage.root)
    assert stage.state() == stage.before, line
    return "between"


def test_killed_at_any_operation(stage: Stage, faults: Counter[str]) -> None:
    after, trace = trace_of(stage, stage.carry_out)
    assert after != stage.before
    seen = Counter[str]()
    for at, line in enumerate(trace):
        stage.build()
        assert in_child(partial(under, Injector(at, kill), stage.carry_out)) == -signal.SIGKILL
        mend(stage)
        seen[check(stage, after, f"{line} ({at})")] += 1
        faults["SIGKILL during a command, then the next one"] += 1
    assert seen["before"], "it was killed early"
    assert seen["after"], "and late"


@pytest.mark.parametrize("act", [disk_full, io_error])
def test_refused_at_any_operation(stage: Stage, act: Callable[[bool], None], faults: Counter[str]) -> None:
    after, trace = trace_of(stage, stage.carry_out)
    for at, line in enumerate(trace):
        stage.build()
        try:
            under(Injector(at, act), stage.carry_out)
        except (EnvironmentLacksError, OSError):
            pass
        else:
            assert stage.state() == after, f"{line} ({at})"
            continue
        mend(stage)
        assert stage.state() in (stage.before, after), f"{line} ({at})"
        faults[f"{act.__name__} during a command"] += 1


def test_permission_lost_half_way(stage: Stage, faults: Counter[str]) -> None:
    """From some operation on, nothing may be written below the root."""

    def denied(_growing: bool) -> None:
        raise PermissionError(13, "Permission denied", str(stage.root))

    after, trace = trace_of(stage, stage.carry_out)
    for at in range(0, len(trace), 3):
        stage.build()
        with pytest.raises((EnvironmentLacksError, OSError)) if at < len(trace) // 2 else Tolerant():
            under(Injector(at, denied, sticky=True), stage.carry_out)
        mend(stage)
        assert stage.state() in (stage.before, after), f"{trace[at]} ({at})"
        faults["permission lost during a command, then the next one"] += 1


class Tolerant:
    """The change is complete and only its tidying is refused, which may or may not raise."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is None or issubclass(kind, (EnvironmentLacksError, OSError))


def test_abort_killed_at_any_operation_can_be_repeated(mini_folder: Path, box: Path, faults: Counter[str]) -> None:
    stage = Stage("update with conflicts", mini_folder, box)
    stage.carry_out()
    _, trace = trace_of(stage, partial(unmerged.abort, stage.root))
    assert stage.state() == stage.before
    for at, line in enumerate(trace):
        stage.build()
        stage.carry_out()
        injected = partial(under, Injector(at, kill), partial(unmerged.abort, stage.root))
        assert in_child(injected) == -signal.SIGKILL
        apply.recover(stage.root)
        try:
            unmerged.abort(stage.root)
        except InputError:  # it was complete
            mend(stage)
        assert stage.state() == stage.before, f"{line} ({at})"
        assert not unmerged.under_way(stage.root)
        faults["SIGKILL during update --abort, then again"] += 1


def test_clocks_that_are_wrong_do_not_matter(mini_folder: Path, box: Path, faults: Counter[str]) -> None:
    """Files from the future and from 1970, and all with the same time."""
    for when in (0, 4_000_000_000, 1_000_000_000):
        stage = Stage("update with conflicts", mini_folder, box / str(when))
        for path in stage.root.rglob("*"):
            if ".git" not in path.parts and not path.is_symlink():
                os.utime(path, (when, when))
        stage.carry_out()
        assert "<<<<<<<" in (stage.root / "run.sh").read_text()
        unmerged.abort(stage.root)
        assert stage.state()[0] == stage.before[0]
        faults["clock skew"] += 1
        edit(mini_folder / "components/base/project/run.sh", "echo run it", "echo run")
        edit(mini_folder / "components/alpha/project/src/my_project/alpha.py", "# new\n", "")


def test_a_repository_with_much_in_it(mini_folder: Path, box: Path, tmp_path: Path, faults: Counter[str]) -> None:
    """10,000 files, a sparse binary of 200 MB, a submodule, a failing hook; nothing of it is read or touched."""
    stage = Stage("update", mini_folder, box)
    root = stage.root
    for number in range(10_000):
        folder = root / f"data/{number % 100}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").touch()
    with (root / "model.bin").open("wb") as file:
        file.truncate(200 * 2**20)
    git(tmp_path, "init", "-q", "library")
    git(tmp_path / "library", "commit", "-q", "--allow-empty", "-m", "x")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "library"), "library")
    for hook in ("pre-commit", "post-checkout", "post-index-change", "reference-transaction"):
        place = root / ".git/hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text("#!/bin/sh\nexit 1\n")
        place.chmod(0o755)
    seen = {path: os.lstat(path).st_atime_ns for path in (root / "model.bin", root / "data/7/7.txt")}
    with Injector() as injector:
        stage.carry_out()
    assert not [line for line in injector.trace if "data" in line or "model.bin" in line or "library" in line]
    assert {path: os.lstat(path).st_atime_ns for path in seen} == seen
    assert "echo run it" in (root / "run.sh").read_text()
    assert project.find(root).lock.files.keys() == read_tree(stage.original).keys() - {lock.NAME, "mine.txt"}
    faults["large repository with a submodule and failing hooks"] += 1


def test_names_that_differ_in_case_only(mini_folder: Path, box: Path, faults: Counter[str]) -> None:
    """A component brings a file that the user has, spelt differently: two files here, one elsewhere; both stay."""
    stage = Stage("add", mini_folder, box)
    (stage.root / "BETA.TXT").write_text("mine\n")
    workflow.carry_out(add(catalog.load(mini_folder), stage.root))
    assert (stage.root / "BETA.TXT").read_text() == "mine\n"
    assert (stage.root / "beta.txt").read_text() == "beta\n"
    faults["names that differ in case only"] += 1
