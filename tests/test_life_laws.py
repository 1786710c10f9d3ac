"""Random lives of a project: whatever is done in whatever order, nothing of the user's is lost."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from scaffolder import catalog, lock, project, unmerged, update, workflow
from scaffolder.apply import STAGE
from scaffolder.catalog import Catalog
from scaffolder.compose import compose
from scaffolder.errors import ConflictError, InputError
from scaffolder.proposal import Proposal
from scaffolder.render import render
from scaffolder.tree import Tree, read_tree

#: Files that a user edits, if they are there: one of each kind of merge.
EDITABLE = ["run.sh", "pyproject.toml", "README.md", ".gitignore", "beta.txt", "second.txt", "src/{}/alpha.py"]
NAMES = ["shop", "store", "a-b-c"]


def git(root: Path, *arguments: str) -> str:
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "gc.auto=0")
    return subprocess.run(["git", *author, *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


def newer(folder: Path) -> None:
    """The next version of the small catalogue: other words, a file that moved, one that is gone, one that is new."""
    parts = folder / "components"
    (parts / "base/project/README.md").write_text("# My Project\n\nIt is better.\n")
    script = parts / "base/project/run.sh"
    script.write_text(script.read_text().replace("echo run", "echo run it"))
    (parts / "base/project/.gitignore").write_text(".venv/\n.cache/\n")
    (parts / "beta/project/beta.txt").rename(parts / "beta/project/second.txt")
    with (parts / "beta/component.toml").open("a") as file:
        file.write('\n[renamed.files]\n"beta.txt" = "second.txt"\n')
    (parts / "alpha/project/src/my_project/alpha.py").unlink()
    (parts / "alpha/project/src/my_project/letters.py").write_text("LETTERS = 1\n")


class Life(RuleBasedStateMachine):
    """A project in a repository, two versions of a catalogue, and a user."""

    folder: Path  # of the small catalogue, set by the test
    counts: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.box = Path(tempfile.mkdtemp(prefix="scaffolder-life-"))
        self.folders = [self.box / "first", self.box / "second"]
        for folder in self.folders:
            shutil.copytree(self.folder, folder, symlinks=True)
        newer(self.folders[1])
        self.version = 0
        self.behind = False
        self.checked = ""
        self.root = self.box / "shop"
        self.marks: set[str] = set()
        self.own: dict[str, bytes] = {}
        self.deleted: set[str] = set()
        self.numbers = itertools.count()
        self.counts["sequences of commands"] += 1

    def teardown(self) -> None:
        shutil.rmtree(self.box)

    @property
    def known(self) -> Catalog:
        return catalog.load(self.folders[self.version])

    @property
    def found(self) -> project.Project:
        return project.find(self.root)

    def tree(self) -> dict[str, Any]:
        return {path: entry for path, entry in read_tree(self.root).items() if not path.startswith(".git/")}

    def generated(self, version: int) -> Tree:
        """What the lock says was generated, rendered again."""
        known, found = catalog.load(self.folders[version]), self.found
        return render(compose(known, found.lock.components), found.answers).files

    @initialize(name=st.sampled_from(NAMES), beta=st.booleans())
    def new(self, name: str, beta: bool) -> None:
        added = ["beta"] if beta else []
        proposal = workflow.new(self.known, "small", self.root, added=added, data={"project_name": name})
        workflow.carry_out(proposal)
        git(self.root, "init", "-q")
        self.commit()

    # What the tool does

    def change(self, proposal: Proposal) -> bool:
        """Carry out; conflicts of all but `update` change nothing."""
        before = self.tree()
        try:
            workflow.carry_out(proposal)
        except ConflictError:
            assert self.tree() == before
            return False
        self.counts["commands in these sequences"] += 1
        return True

    @precondition(lambda self: not self.behind)
    @rule(part=st.sampled_from(["alpha", "beta"]))
    def add(self, part: str) -> None:
        if self.change(workflow.add(self.known, self.found, [part], {})):
            assert not workflow.add(self.known, self.found, [part], {}).plan.steps, "again changes nothing"

    @precondition(lambda self: not self.behind)
    @rule(part=st.sampled_from(["alpha", "beta"]))
    def remove(self, part: str) -> None:
        before = self.tree()
        try:
            proposal = workflow.remove(self.known, self.found, [part])
        except InputError:
            assert self.tree() == before
            return
        self.change(proposal)

    @precondition(lambda self: not self.behind)
    @rule()
    def add_then_remove(self) -> None:
        """The identity, but for a file that the user had edited and that the component brings back."""
        if "beta" in self.found.lock.components or {"beta.txt", "second.txt"} & self.tree().keys():
            return
        before = self.tree()
        had = "alpha" in self.found.lock.components
        if not had or not self.change(workflow.add(self.known, self.found, ["beta"], {})):
            return
        self.change(workflow.remove(self.known, self.found, ["beta"]))
        after = self.tree()
        if not self.marks and not self.deleted:
            assert after == before

    @precondition(lambda self: not self.behind)
    @rule(name=st.sampled_from(NAMES), words=st.sampled_from(["Sells", "Buys", 'It\'s "quoted" {@ x @} # \\']))
    def set(self, name: str, words: str) -> None:
        data = {"project_name": name, "description": words}
        if self.change(workflow.set_answers(self.known, self.found, data)):
            assert self.found.answers["description"] == words
            assert not workflow.set_answers(self.known, self.found, data).plan.steps, "again changes nothing"

    def a_version_is_released(self) -> None:
        """Another catalogue; the project says that an older version generated it."""
        self.version = 1 - self.version
        self.behind = True
        path = self.root / lock.NAME
        path.write_text(path.read_text().replace('version = "', 'version = "0.0.', 1))

    @rule(settled=st.sampled_from(["abort", "ours", "theirs"]))
    def update(self, settled: str) -> None:
        if not self.behind:
            self.a_version_is_released()
        self.commit()
        self.counts["updates in these sequences"] += 1
        before = self.tree()
        try:
            proposal = update.propose(self.known, self.found, {}).proposal
        except InputError:  # something was generated, edited and only then committed
            self.counts["updates whose base had to be rendered by the older version"] += 1
            folder = self.box / "base"
            for path, entry in self.generated(1 - self.version).items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(entry.data)
            proposal = update.propose(self.known, self.found, {}, base_folder=folder).proposal
            shutil.rmtree(folder)
        assert not proposal.obstacles
        conflicts = [step.path for step in proposal.plan.conflicts]
        self.change(proposal)
        self.behind = False
        if conflicts:
            self.counts["updates with conflicts"] += 1
            listed = git(self.root, "diff", "--name-only", "--diff-filter=U").split()
            assert sorted(listed) == sorted(conflicts)
            self.settle(conflicts, settled, before)
        else:
            assert not unmerged.under_way(self.root)
        if not self.behind:
            assert not update.propose(self.known, self.found, {}).proposal.plan.steps, "again changes nothing"

    def settle(self, conflicts: list[str], how: str, before: dict[str, Any]) -> None:
        if how == "abort":
            unmerged.abort(self.root)
            assert self.tree() == before
            assert git(self.root, "status", "--porcelain") == ""
            self.behind = True
            return
        for path in conflicts:
            lost = {mark for mark in self.marks if mark in (self.root / path).read_text()}
            git(self.root, "checkout", f"--{how}", path)
            if how == "theirs":
                self.marks -= lost
        self.commit()

    # What the user does

    @rule(which=st.sampled_from(EDITABLE), where=st.sampled_from(["top", "middle", "end"]))
    def edit(self, which: str, where: str) -> None:
        package = self.found.answers["project_name"].replace("-", "_")
        path = self.root / which.format(package)
        if not path.is_file():
            return
        mark = f"mark-{next(self.numbers)}"
        line = f"\n## {mark}\n" if path.suffix == ".md" else f"{mark}/\n" if path.name[0] == "." else f"# {mark}\n"
        text = path.read_text()
        if where == "middle":
            text = re.sub(r"(?m)^(echo run.*|It is .*|beta|from .*|ALPHA.*)$", rf"\1 # {mark}", text, count=1)
        elif where == "top" and path.suffix != ".md":
            text = line + text
        else:
            text += line
        path.write_text(text)
        if mark in text:
            self.marks.add(mark)

    @rule(which=st.sampled_from(EDITABLE))
    def delete(self, which: str) -> None:
        path = self.root / which.format(self.found.answers["project_name"].replace("-", "_"))
        if path.is_file() and which in self.found.lock.files:
            self.marks -= {mark for mark in self.marks if mark in path.read_text()}
            path.unlink()
            self.deleted.add(which)

    @rule(name=st.sampled_from(["notes.txt", "src/own.py", "second.txt", "beta.txt"]))
    def write_own(self, name: str) -> None:
        if name in self.found.lock.files or (self.root / name).exists():
            return
        (self.root / name).write_text(f"own {next(self.numbers)}\n")
        if name.endswith(("notes.txt", "own.py")):
            self.own[name] = (self.root / name).read_bytes()

    @rule()
    def commit(self) -> None:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "x")

    # What always holds

    @invariant()
    def nothing_of_the_user_is_lost(self) -> None:
        if not self.root.exists():
            return
        files = self.tree()
        for path, data in self.own.items():
            assert files[path].data == data
        text = "\n".join(entry.text or "" for entry in files.values() if entry.mode != 0o120000)
        assert not [mark for mark in self.marks if mark not in text]
        assert "<<<<<<<" not in text

    @invariant()
    def what_the_user_deleted_stays_deleted(self) -> None:
        if not self.root.exists():
            return
        locked = self.found.lock.files
        self.deleted = {path for path in self.deleted if path in locked}
        assert not [path for path in self.deleted if (self.root / path).exists()]

    @invariant()
    def the_lock_is_what_is_generated(self) -> None:
        if not self.root.exists():
            return
        text = (self.root / lock.NAME).read_text()
        if text == self.checked:
            return
        self.checked = text
        files = self.generated(1 - self.version if self.behind else self.version)
        assert self.found.lock.files == {path: (entry.mode, entry.blob_id) for path, entry in files.items()}

    @invariant()
    def nothing_of_ours_is_left(self) -> None:
        if self.root.exists():
            assert not list(self.root.rglob(f"{STAGE}*"))


def test_laws_of_a_life(mini_folder: Path, faults: Counter[str]) -> None:
    script = mini_folder / "components/base/project/run.sh"
    script.write_text("#!/bin/sh\necho run\n" + "".join(f"# {number}\n" for number in range(9)) + "echo end\n")
    Life.folder, Life.counts = mini_folder, faults
    more = os.environ.get("SCAFFOLDER_LIVES")  # another number of lives, and other ones every time
    limits = settings(
        max_examples=int(more or 20),
        derandomize=not more,
        stateful_step_count=20,
        deadline=None,
        database=None,
        print_blob=False,
        phases=[Phase.generate],  # shrinking takes minutes: add Phase.shrink to look into a failure
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=limits)  # type: ignore[no-untyped-call]
