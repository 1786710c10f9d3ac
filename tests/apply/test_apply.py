"""What the writer does without faults, and what it refuses before it writes anything."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaffolder.apply import STAGE, Change, apply
from scaffolder.errors import CatalogError, ConflictError, InputError, ScaffolderError
from scaffolder.tree import EXECUTABLE, SYMLINK, Entry, read_tree


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def file(text: str, mode: int = 0o100644) -> Entry:
    return Entry(text.encode(), mode)


def link(target: str) -> Entry:
    return file(target, SYMLINK)


def permissions(path: Path) -> int:
    return path.lstat().st_mode & 0o7777


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.fixture
def root(box: Path) -> Path:
    (box / "project").mkdir()
    return box / "project"


def test_creates_the_folder_and_those_above_it(box: Path) -> None:
    root = box / "a/b/c"
    apply(root, [Change("src/x.py", None, file("x")), Change("run", None, file("r", EXECUTABLE))])
    assert read_tree(box) == {"a/b/c/src/x.py": file("x"), "a/b/c/run": file("r", EXECUTABLE)}
    assert names(box) == ["a"]


def test_new_files_and_folders_follow_the_umask(box: Path, umask: Callable[[int], int]) -> None:
    umask(0o027)
    apply(box / "new", [Change("d/file", None, file("")), Change("d/tool", None, file("", EXECUTABLE))])
    apply(box / "new", [Change("e/file", None, file(""))])
    modes = {path: permissions(box / "new" / path) for path in ("d", "d/file", "d/tool", "e", "e/file")}
    assert modes == {"d": 0o750, "d/file": 0o640, "d/tool": 0o750, "e": 0o750, "e/file": 0o640}


@pytest.mark.parametrize(
    ("before", "mode", "after"),
    [
        (0o600, 0o100644, 0o600),
        (0o664, EXECUTABLE, 0o775),
        (0o640, EXECUTABLE, 0o750),
        (0o775, 0o100644, 0o664),
        (0o700, EXECUTABLE, 0o700),
        (0o444, 0o100644, 0o444),
    ],
)
def test_existing_files_keep_their_other_permissions(root: Path, before: int, mode: int, after: int) -> None:
    (root / "f").write_text("old")
    (root / "f").chmod(before)
    old = file("old", EXECUTABLE if before & 0o100 else 0o100644)
    apply(root, [Change("f", old, file("new", mode))])
    assert permissions(root / "f") == after
    assert (root / "f").read_text() == "new"


def test_links_are_replaced_as_links(root: Path) -> None:
    (root / "target").write_text("kept")
    (root / "link").symlink_to("target")
    apply(root, [Change("link", link("target"), file("a file now")), Change("new", None, link("target"))])
    assert read_tree(root) == {"target": file("kept"), "link": file("a file now"), "new": link("target")}


def test_removals_prune_only_what_they_emptied(root: Path) -> None:
    for path in ("a/b/only", "c/one", "c/two"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    (root / "was-empty").mkdir()
    (root / "d/was-empty").mkdir(parents=True)
    (root / "d/one").write_text("d/one")
    apply(root, [Change(path, file(path), None) for path in ("a/b/only", "c/one", "d/one")])
    found = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    assert found == ["c", "c/two", "d", "d/was-empty", "was-empty"]


def test_the_root_stays_when_all_is_removed(root: Path) -> None:
    (root / "only").write_text("1")
    apply(root, [Change("only", file("1"), None)])
    assert names(root) == []


def test_nothing_to_do_writes_nothing(root: Path, box: Path) -> None:
    (root / "same").write_text("1")
    os.utime(root, ns=(1, 1))
    apply(root, [])
    apply(root, [Change("same", file("1"), file("1")), Change("never", None, None)])
    assert names(root) == ["same"]


def test_links_inside_the_project_are_followed_to_their_folder(root: Path) -> None:
    (root / "real").mkdir()
    (root / "alias").symlink_to("real")
    (root / "here").symlink_to(".")
    apply(root, [Change("alias/x", None, file("x")), Change("here/y", None, file("y"))])
    assert read_tree(root) == {
        "real/x": file("x"),
        "y": file("y"),
        "alias": link("real"),
        "here": link("."),
    }
    with pytest.raises(ConflictError, match=r"alias/z .* same file, real/z"):
        apply(root, [Change("real/z", None, file("1")), Change("alias/z", None, file("2"))])


def test_a_link_may_become_a_folder(root: Path, box: Path) -> None:
    (box / "elsewhere").mkdir()
    (root / "docs").symlink_to("../elsewhere")
    apply(root, [Change("docs", link("../elsewhere"), None), Change("docs/a/b", None, file("b"))])
    assert read_tree(root) == {"docs/a/b": file("b")}
    assert names(box / "elsewhere") == []


@pytest.mark.parametrize("target", ["../elsewhere", "nowhere", ".git", "README"])
def test_links_that_lead_elsewhere_are_refused(root: Path, box: Path, target: str) -> None:
    (box / "elsewhere").mkdir()
    (root / ".git").mkdir()
    (root / "README").write_text("r")
    (root / "docs").symlink_to(target)
    with pytest.raises(ConflictError, match=r"docs/x.*symbolic link"):
        apply(root, [Change("docs/x", None, file("x")), Change("other", None, file(""))])
    assert names(root) == [".git", "README", "docs"]
    assert names(box / "elsewhere") == []


@pytest.mark.parametrize(
    "path",
    [
        *("", "/abs", "../up", "a/../b", "a//b", "a/", "./a", "a\\b", "a\0b", "bad" + chr(0xD800)),
        *(".git", "sub/.GIT/hooks/x", f"{STAGE}/journal", f"{STAGE}-x"),
    ],
)
def test_paths_that_are_not_in_the_project_are_refused(root: Path, path: str) -> None:
    with pytest.raises(CatalogError):
        apply(root, [Change(path, None, file("x"))])
    assert names(root) == []


def test_names_near_the_forbidden_ones_are_fine(root: Path) -> None:
    paths = [".gitignore", "..a", "a..b/c", "x.git/y", "\N{LATIN SMALL LETTER E WITH ACUTE}"]
    apply(root, [Change(path, None, file(path)) for path in paths])
    assert set(read_tree(root)) == set(paths)


@pytest.mark.parametrize(
    ("one", "other"),
    [("README.md", "Readme.MD"), ("stra\u00dfe", "STRASSE"), ("caf\u00e9", "cafe\u0301"), ("same", "same")],
)
def test_paths_that_differ_only_in_case_or_composition_are_refused(root: Path, one: str, other: str) -> None:
    with pytest.raises(InputError) as caught:
        apply(root, [Change(one, None, file("1")), Change(other, None, file("2"))])
    assert one in caught.value.what
    assert other in caught.value.what
    assert names(root) == []


def test_a_name_may_change_its_case(root: Path) -> None:
    (root / "Readme").write_text("r")
    apply(root, [Change("Readme", file("r"), None), Change("README", None, file("r"))])
    assert read_tree(root) == {"README": file("r")}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([Change("full", None, file("x"))], ["full", "full/inside"]),
        ([Change("empty", None, file("x"))], ["empty", "an empty folder"]),
        ([Change("file/below", None, file("x"))], ["file/below", "file is a file"]),
        ([Change("p", None, file("x")), Change("p/q", None, file("x"))], ["p cannot", "p/q"]),
        ([Change("full/inside", file("i"), None), Change("full", None, file("x"))], ["full", "full/kept"]),
    ],
)
def test_files_and_folders_that_clash_are_both_named(root: Path, changes: list[Change], words: list[str]) -> None:
    (root / "full").mkdir()
    (root / "empty").mkdir()
    for path, text in {"full/inside": "i", "file": "f"}.items():
        (root / path).write_text(text)
    if changes[0].new is None:
        (root / "full/kept").write_text("k")
    before = read_tree(root)
    with pytest.raises(ConflictError) as caught:
        apply(root, changes)
    assert all(word in caught.value.what for word in words), caught.value.what
    assert read_tree(root) == before
    assert STAGE not in names(root)


@pytest.mark.parametrize(
    ("old", "now"),
    [
        (file("a"), file("b")),
        (file("a"), file("a", EXECUTABLE)),
        (file("a"), link("a")),
        (file("a"), None),
        (None, file("a")),
        (None, link("a")),
    ],
)
def test_changed_since_the_plan(root: Path, old: Entry | None, now: Entry | None) -> None:
    apply(root, [Change("f", None, now)])
    for new in {file("new"), None} - {old}:
        with pytest.raises(ConflictError, match="changed while"):
            apply(root, [Change("other", None, file("x")), Change("f", old, new)])
    assert read_tree(root) == ({"f": now} if now else {})


def test_a_pipe_is_not_overwritten(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(ConflictError, match="pipe"):
        apply(root, [Change("pipe", None, file("x"))])


@pytest.mark.parametrize("moment", ["rename", "fsync"])
def test_an_edit_during_the_change_is_not_lost(root: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Between the check and the rename there are milliseconds in which an editor may save."""
    (root / "a").write_text("a")
    (root / "b").write_text("b")
    original = getattr(os, moment)

    def edit_first(*args: object) -> object:
        (root / "b").write_text("edited just now")
        monkeypatch.setattr(os, moment, original)
        return original(*args)

    monkeypatch.setattr(os, moment, edit_first)
    with pytest.raises(ConflictError, match="b changed while"):
        apply(root, [Change("a", file("a"), file("A")), Change("b", file("b"), file("B"))])
    assert read_tree(root) == {"a": file("a"), "b": file("edited just now")}


def test_a_file_that_appears_during_the_change_is_not_overwritten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.fsync

    def appear(handle: int) -> None:
        (root / "new").write_text("by somebody else")
        original(handle)

    monkeypatch.setattr(os, "fsync", appear)
    with pytest.raises(ConflictError, match="new changed while"):
        apply(root, [Change("first", None, file("1")), Change("new", None, file("2"))])
    assert read_tree(root) == {"new": file("by somebody else")}


def test_roots_that_are_no_folders(box: Path) -> None:
    (box / "file").write_text("f")
    (box / "broken").symlink_to("nowhere")
    (box / "loop").symlink_to("loop")
    (box / "good").symlink_to("real")
    (box / "real").mkdir()
    changes = [Change("x", None, file("x"))]
    for name, words in [
        ("file", "is a file"),
        ("file/below/deep", "inside"),
        ("broken", "symbolic link"),
        ("loop", "symbolic link"),
        ("n" * 300, "cannot be written"),
    ]:
        with pytest.raises(ScaffolderError, match=words) as caught:
            apply(box / name, changes)
        assert name.split("/")[0] in caught.value.what
        assert caught.value.next_step
    apply(box / "good", changes)
    assert read_tree(box / "real") == {"x": file("x")}
    assert names(box) == ["broken", "file", "good", "loop", "real"]


def test_relative_roots(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(box)
    apply(Path("new"), [Change("x", None, file("x"))])
    monkeypatch.chdir(box / "new")
    apply(Path(), [Change("y", None, file("y"))])
    assert set(read_tree(box / "new")) == {"x", "y"}


def test_a_hard_link_elsewhere_keeps_the_old_text(root: Path, box: Path) -> None:
    (root / "f").write_text("old")
    (box / "other").hardlink_to(root / "f")
    apply(root, [Change("f", file("old"), file("new"))])
    assert (box / "other").read_text() == "old"


def test_works_outside_the_main_thread(root: Path) -> None:
    """Signals cannot be caught there, everything else holds."""
    thread = threading.Thread(target=apply, args=(root, [Change("x", None, file("x"))]))
    thread.start()
    thread.join()
    assert read_tree(root) == {"x": file("x")}


def test_git_does_not_see_the_temporary_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    seen: list[str] = []
    original = os.fsync

    def status(handle: int) -> None:
        command = ["git", "status", "--porcelain", "--untracked-files=all"]
        seen.append(subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout)
        assert (root / STAGE).is_dir()
        original(handle)
        monkeypatch.setattr(os, "fsync", original)

    monkeypatch.setattr(os, "fsync", status)
    apply(root, [Change("x", None, file("x"))])
    assert seen == [""]


def test_many_files_need_one_flush_each_and_one_per_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes = 0
    original = os.fsync

    def count(handle: int) -> None:
        nonlocal flushes
        flushes += 1
        original(handle)

    monkeypatch.setattr(os, "fsync", count)
    apply(root, [Change(f"d{number % 10}/{number}", None, file("x")) for number in range(130)])
    assert flushes <= 130 + 10 + 10
