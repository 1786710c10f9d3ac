"""What `recover` finds after a crash, and what people do between the crash and the next command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from scaffolder.apply import STAGE, Change, apply, recover
from scaffolder.errors import EnvironmentLacksError, InputError
from scaffolder.tree import Entry, read_tree


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def file(text: str) -> Entry:
    return Entry(text.encode())


BEFORE = {"edited": file("1"), "gone/only": file("2"), "kept": file("3")}
CHANGES = [
    Change("edited", file("1"), file("new 1")),
    Change("gone/only", file("2"), None),
    Change("added/new", None, file("new 2")),
]


@pytest.fixture
def crashed(box: Path) -> Path:
    """A project whose change was cut off just before it was complete."""
    root = box / "project"
    apply(root, [Change(path, None, entry) for path, entry in BEFORE.items()])
    pid = os.fork()
    if pid == 0:
        unlink = os.unlink

        def crash(path: Path | str) -> None:
            if str(path).endswith("/journal"):
                os._exit(9)
            unlink(path)

        setattr(os, "unlink", crash)  # noqa: B010 (mypy: its signature has more)
        apply(root, CHANGES)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert set(read_tree(root)) == {"edited", "kept", "added/new"}
    return root


def test_says_what_it_did_once(crashed: Path) -> None:
    sentence = recover(crashed)
    assert sentence == f"An interrupted change of {crashed} was undone; everything is as it was before."
    assert read_tree(crashed) == BEFORE
    assert names(crashed) == ["edited", "gone", "kept"]
    assert recover(crashed) is None


def test_nothing_to_recover(box: Path) -> None:
    assert recover(box) is None
    assert recover(box / "not/there") is None
    assert names(box) == []


def test_apply_recovers_first(crashed: Path) -> None:
    apply(crashed, [Change("kept", file("3"), file("4"))])
    assert read_tree(crashed) == {**BEFORE, "kept": file("4")}


@pytest.mark.parametrize(
    ("work", "left"),
    [
        (lambda root: (root / "edited").write_text("mine"), {"edited.kept": "mine"}),
        (lambda root: (root / "added/new").write_text("mine"), {"added/new.kept": "mine"}),
        (lambda root: (root / "added/other").write_text("mine"), {"added/other": "mine"}),
        (lambda root: (root / "edited").unlink(), {}),
        (lambda root: (root / "gone").mkdir(), {}),
        (lambda root: (root / "gone").write_text("mine"), {"gone.kept": "mine"}),
    ],
    ids=["edit", "edit new", "add beside new", "delete", "make again", "other kind"],
)
def test_work_done_since_the_crash_is_kept(crashed: Path, work: Callable[[Path], object], left: dict[str, str]) -> None:
    work(crashed)
    sentence = recover(crashed)
    assert read_tree(crashed) == {**BEFORE, **{path: file(text) for path, text in left.items()}}
    assert sentence is not None
    assert all(path in sentence for path in left if path.endswith(".kept"))


def test_a_second_copy_does_not_replace_the_first(crashed: Path) -> None:
    (crashed / "edited.kept").write_text("first")
    (crashed / "edited").write_text("second")
    recover(crashed)
    assert read_tree(crashed) == {**BEFORE, "edited.kept": file("first"), "edited.kept+": file("second")}


def journal(root: Path, **changed: object) -> Path:
    stage = root / STAGE
    (stage / "old").mkdir(parents=True)
    (stage / "new").mkdir()
    record = {"version": 1, "take": [], "make": [], "place": []} | changed
    (stage / "journal").write_text(json.dumps(record))
    (stage / "old/0").write_text("planted")
    return stage


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", ".git/hooks/pre-commit"])
def test_a_journal_planted_in_a_repository_cannot_reach_out(box: Path, path: str) -> None:
    root = box / "cloned"
    (root / ".git/hooks").mkdir(parents=True)
    (root / "link").symlink_to("..")
    stage = journal(root, take=[path])
    with pytest.raises(InputError, match="was not written by") as caught:
        recover(root)
    assert "delete it" in caught.value.next_step
    assert (stage / "old/0").exists()
    assert names(box) == ["cloned"]
    assert names(root / ".git/hooks") == []


@pytest.mark.parametrize("key", ["take", "make", "place"])
def test_a_planted_journal_does_not_work_through_links(box: Path, key: str) -> None:
    root = box / "cloned"
    root.mkdir()
    (root / "link").symlink_to("..")
    (box / "outside").mkdir()
    info = (box / "outside").stat()
    path = "link/new" if key == "take" else "link/outside"
    journal(root, **{key: [[path, [info.st_size, info.st_mtime_ns]] if key == "place" else path]})
    with suppress(EnvironmentLacksError):
        recover(root)
    assert names(box) == ["cloned", "outside"]


def test_a_planted_link_as_temporary_folder_is_refused(box: Path) -> None:
    (box / "precious").mkdir()
    (box / "precious/file").write_text("p")
    root = box / "cloned"
    root.mkdir()
    (root / STAGE).symlink_to("../precious")
    with pytest.raises(InputError, match="in the way"):
        recover(root)
    with pytest.raises(InputError, match="in the way"):
        apply(root, [Change("x", None, file("x"))])
    assert names(box / "precious") == ["file"]


def test_planted_links_inside_the_temporary_folder_are_not_followed(box: Path) -> None:
    (box / "precious").mkdir()
    (box / "precious/0").write_text("p")
    root = box / "cloned"
    root.mkdir()
    stage = journal(root, take=["stolen"])
    (stage / "old/0").unlink()
    (stage / "old").rmdir()
    (stage / "old").symlink_to("../../precious")
    with pytest.raises(InputError, match="was not written by"):
        recover(root)
    (stage / "journal").unlink()
    assert "Temporary files" in (recover(root) or "")
    assert names(box / "precious") == ["0"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 1}', '{"version": 1, "place": [3]}'])
def test_an_unknown_journal_is_left_alone(box: Path, text: str) -> None:
    stage = journal(box)
    (stage / "journal").write_text(text)
    with pytest.raises(EnvironmentLacksError, match="cannot be read") as caught:
        recover(box)
    assert "version" in caught.value.next_step
    assert (stage / "journal").read_text() == text
