from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffolder.plan import plan
from scaffolder.tree import EXECUTABLE, SYMLINK, Entry, Tree

A, B, C = Entry(b"a\n"), Entry(b"b\n"), Entry(b"c\n")

entries = st.one_of(
    st.builds(
        Entry,
        st.lists(st.sampled_from([b"one", b"two", b"three", b""]), max_size=5).map(
            lambda x: b"".join(i + b"\n" for i in x)
        ),
    ),
    st.builds(Entry, st.sampled_from([b"x\n", b"\0\1"]), st.sampled_from([0o100644, EXECUTABLE])),
    st.just(Entry(b"target", SYMLINK)),
)
trees = st.dictionaries(
    st.sampled_from(["a", "b.py", "c/d.txt", "c/e", ".gitignore", "README.md"]), entries, max_size=6
)


def applied(ours: Tree, base: Tree, theirs: Tree) -> Tree:
    result = dict(ours)
    for change in plan(base, ours, theirs).changes:
        assert result.get(change.path) == change.old
        if change.new is None:
            del result[change.path]
        else:
            result[change.path] = change.new
    return result


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "action"),
    [
        (None, None, A, "create"),
        (A, A, B, "update"),
        (A, A, None, "delete"),
        (A, B, None, "keep"),
        (A, None, B, "skip"),
        (None, A, B, "conflict"),
        (A, B, C, "conflict"),
        (Entry(b"\0a"), Entry(b"\0b"), Entry(b"\0c"), "conflict"),
        (Entry(b"1\n2\n3\n4\n5\n"), Entry(b"0\n1\n2\n3\n4\n5\n"), Entry(b"1\n2\n3\n4\n5\n6\n"), "merge"),
        (A, B, B, None),
        (A, B, A, None),
        (None, A, A, None),
        (A, None, None, None),
        (A, A, Entry(A.data, EXECUTABLE), "update"),
        (A, Entry(A.data, EXECUTABLE), B, "merge"),
    ],
)
def test_one_file(base: Entry | None, ours: Entry | None, theirs: Entry | None, action: str | None) -> None:
    trees = [{"f.txt": entry} if entry else {} for entry in (base, ours, theirs)]
    steps = plan(*trees).steps
    assert [step.action for step in steps] == ([action] if action else [])


def test_a_merge_keeps_both_sides_and_the_users_mode() -> None:
    ours = {"f": Entry(b"0\n1\n2\n3\n4\n5\n", EXECUTABLE)}
    result = applied(ours, {"f": Entry(b"1\n2\n3\n4\n5\n")}, {"f": Entry(b"1\n2\n3\n4\n5\n6\n")})
    assert result == {"f": Entry(b"0\n1\n2\n3\n4\n5\n6\n", EXECUTABLE)}


def test_a_file_where_a_folder_is_needed_is_a_conflict() -> None:
    found = plan({}, {"mk": A}, {"mk/x.mk": B})
    assert [(step.path, step.action) for step in found.steps if step.action == "conflict"] == [("mk/x.mk", "conflict")]


def test_renamed_files_take_the_users_edits_along() -> None:
    base = {"src/old/a.py": Entry(b"1\n2\n3\n4\n"), "src/old/b.py": A}
    ours = {"src/old/a.py": Entry(b"0\n1\n2\n3\n4\n"), "src/old/b.py": A, "src/old/mine.py": C}
    theirs = {"src/new/a.py": Entry(b"1\n2\n3\n4\n5\n"), "src/new/b.py": A}
    renames = {"src/old/a.py": "src/new/a.py", "src/old/b.py": "src/new/b.py"}
    changes = {change.path: change.new for change in plan(base, ours, theirs, renames).changes}
    assert changes == {
        "src/old/a.py": None,
        "src/old/b.py": None,
        "src/new/a.py": Entry(b"0\n1\n2\n3\n4\n5\n"),
        "src/new/b.py": A,
    }


@given(trees, trees)
def test_an_untouched_project_becomes_what_is_rendered(base: Tree, theirs: Tree) -> None:
    found = plan(base, base, theirs)
    if not found.conflicts:  # a file where a folder is needed
        assert applied(base, base, theirs) == theirs


@given(trees, trees, trees)
def test_planning_again_gives_nothing(base: Tree, ours: Tree, theirs: Tree) -> None:
    if not plan(base, ours, theirs).conflicts:
        after = applied(ours, base, theirs)
        assert not plan(theirs, after, theirs).changes


@given(trees, trees, trees)
def test_what_the_user_made_survives(base: Tree, ours: Tree, theirs: Tree) -> None:
    after = applied(ours, base, theirs)
    for path, entry in ours.items():
        if path not in theirs and entry != base.get(path):
            assert after[path] == entry
    for path in base:
        if path not in ours:
            assert path not in after, "a deleted file stays deleted"


@given(trees, trees)
def test_adding_then_removing_is_the_identity(base: Tree, theirs: Tree) -> None:
    if not plan(base, base, theirs).conflicts and not plan(theirs, theirs, base).conflicts:
        assert applied(applied(base, base, theirs), theirs, base) == base
