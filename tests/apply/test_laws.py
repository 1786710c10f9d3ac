"""Any tree can become any other, back again, and be cut off anywhere in between."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffolder.apply import Change, apply, recover
from scaffolder.tree import EXECUTABLE, FILE, SYMLINK, Entry, Tree, read_tree

NAMES = st.sampled_from(["a", "b", "c", "\N{SNOWMAN} x"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
ENTRIES = st.one_of(
    st.builds(Entry, st.binary(max_size=8), st.sampled_from([FILE, EXECUTABLE])),
    st.builds(Entry, st.sampled_from([b"nowhere", b"b", b"a/b", b"../project"]), st.just(SYMLINK)),
)


def without_clashes(tree: Tree) -> Tree:
    """Drop what lies below a file."""
    return {path: entry for path, entry in tree.items() if not any(path.startswith(f"{other}/") for other in tree)}


TREES = st.dictionaries(PATHS, ENTRIES, max_size=8).map(without_clashes)


def changes(before: Tree, after: Tree) -> list[Change]:
    return [Change(path, before.get(path), after.get(path)) for path in {**before, **after}]


def folders(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir() and not path.is_symlink()}


def parents(tree: Tree) -> set[str]:
    return {str(parent) for path in tree for parent in Path(path).parents} - {"."}


class Cut(BaseException):
    """From some operation on, every one raises this: to the disk, the process is dead."""


def cut_off(at: int, action: Callable[[], object]) -> bool:
    """Run until an operation on the disk; whether it came to that."""
    left = at
    originals = {name: getattr(os, name) for name in ("open", "mkdir", "rename", "unlink", "rmdir", "symlink")}

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Cut
            return original(*args, **kwargs)

        return operation

    try:
        for name, original in originals.items():
            setattr(os, name, wrap(original))
        action()
    except Cut:
        return True
    finally:
        for name, original in originals.items():
            setattr(os, name, original)
    return False


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=TREES, after=TREES, at=st.integers(0, 60), again=st.integers(0, 30))
def test_any_tree_becomes_any_other_or_stays(
    faults: Counter[str], before: Tree, after: Tree, at: int, again: int
) -> None:
    box = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    root = box / "project"
    try:
        apply(root, changes({}, before))
        (root / "empty").mkdir(parents=True)
        assert read_tree(root) == before

        if cut_off(at, lambda: apply(root, changes(before, after))):
            faults["random death during a random change"] += 1
            faults["random death during recover after that"] += cut_off(again, lambda: recover(root))
            recover(root)
            assert read_tree(root) in (before, after)
            assert folders(root) == parents(read_tree(root)) | {"empty"}
            if read_tree(root) == before:
                apply(root, changes(before, after))
        assert read_tree(root) == after
        assert folders(root) == parents(after) | {"empty"}

        apply(root, changes(after, before))
        assert read_tree(root) == before
        assert folders(root) == parents(before) | {"empty"}
        assert [path.name for path in box.iterdir()] == ["project"]
    finally:
        shutil.rmtree(box)
