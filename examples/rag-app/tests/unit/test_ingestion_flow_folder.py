"""What counts as a change of the folder."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from docs_qa.flows.folder import snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two documents."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/loans.md").write_text("# Loans\n")
    (tmp_path / "faq.txt").write_text("Questions")
    return tmp_path


def _edit(folder: Path) -> None:
    (folder / "faq.txt").write_text("Questions and answers")


def _touch(folder: Path) -> None:
    os.utime(folder / "faq.txt", ns=(1, 1))


def _add(folder: Path) -> None:
    (folder / "rules/fees.md").write_text("# Fees\n")


def _delete(folder: Path) -> None:
    (folder / "faq.txt").unlink()


def _move(folder: Path) -> None:
    (folder / "faq.txt").rename(folder / "rules/faq.txt")


@pytest.mark.parametrize("change", [_edit, _touch, _add, _delete, _move])
def test_every_change_is_seen(folder: Path, change: Callable[[Path], None]) -> None:
    before = snapshot(folder, 0)
    assert snapshot(folder, 0).fingerprint == before.fingerprint
    change(folder)
    assert snapshot(folder, 0).fingerprint != before.fingerprint


def test_hidden_files_are_not_documents(folder: Path) -> None:
    before = snapshot(folder, 0)
    (folder / ".git").mkdir()
    (folder / ".git/index").write_text("x")
    (folder / ".~lock.faq.txt").write_text("x")
    assert snapshot(folder, 0) == before
    assert before.files == 2


def test_a_folder_is_settled_once_its_last_change_is_old_enough(folder: Path) -> None:
    assert not snapshot(folder, 60).settled
    old = time.time_ns() - 61 * 10**9
    for path in folder.rglob("*.*"):
        os.utime(path, ns=(old, old))
    assert snapshot(folder, 60).settled


def test_a_folder_that_is_not_there_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing is no folder"):
        snapshot(tmp_path / "missing", 0)
    assert snapshot(tmp_path, 0).files == 0
