"""Merges of everything else, and what holds for every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder.errors import EnvironmentLacksError
from scaffolder.merge import Merged, is_structural, merge_text

BASE = "".join(f"line {number}\n" for number in range(1, 10))


def test_edits_in_different_places_are_both_kept() -> None:
    merged = merge_text("a.py", BASE, BASE.replace("line 2", "mine"), BASE.replace("line 8", "theirs"))

    assert merged == Merged(BASE.replace("line 2", "mine").replace("line 8", "theirs"))


def test_edits_of_the_same_line_are_marked_and_reported() -> None:
    merged = merge_text("a.py", BASE, BASE.replace("line 5", "mine"), BASE.replace("line 5", "theirs"))

    markers = "<<<<<<< yours\nmine\n||||||| original\nline 5\n=======\ntheirs\n>>>>>>> incoming\n"
    assert merged.text == BASE.replace("line 5\n", markers)
    assert merged.conflicts == ("lines 5 to 11: changed by you and by the incoming version",)


def test_without_an_ancestor_text_conflicts_unless_it_is_equal() -> None:
    assert merge_text("a.py", None, "x\n", "x\n") == Merged("x\n")
    assert merge_text("a.py", None, "x\n", "y\n").conflicts


def test_line_ends_and_byte_order_mark_of_the_user_are_kept() -> None:
    windows = "\ufeff" + BASE.replace("line 2", "mine").replace("\n", "\r\n")

    merged = merge_text("a.py", BASE, windows, BASE.replace("line 8", "theirs"))

    assert merged == Merged(windows.replace("line 8", "theirs"))
    assert merge_text("a.py", BASE, windows.replace("mine", "line 2"), BASE + "new\n").text.endswith("\r\nnew\r\n")


def test_a_missing_last_newline_is_no_conflict() -> None:
    merged = merge_text("a.py", BASE, BASE.removesuffix("\n"), BASE.replace("line 1", "theirs"))

    assert merged == Merged(BASE.removesuffix("\n").replace("line 1", "theirs"))


def test_the_kind_of_a_file_is_told_by_its_name() -> None:
    structural = ["pyproject.toml", "a/b.yaml", "c.yml", "README.md", ".gitignore", "x/.dockerignore", ".env.example"]

    assert all(map(is_structural, [*structural, "requirements.txt", "requirements-dev.txt"]))
    assert not any(map(is_structural, ["a.py", "Makefile", "notes.txt", "uv.lock", ".gitattributes"]))


def test_variables_of_a_git_hook_do_not_disturb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))

    assert merge_text("a.py", BASE, BASE + "mine\n", "theirs\n" + BASE) == Merged("theirs\n" + BASE + "mine\n")


def test_a_missing_git_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EnvironmentLacksError, match="git is not installed"):
        merge_text("a.py", BASE, BASE + "mine\n", "theirs\n" + BASE)


def test_parsers_are_imported_only_for_their_kind() -> None:
    code = "import sys, scaffolder.merge; print({'yaml', 'tomllib', 'subprocess', 'tempfile'} & set(sys.modules))"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "set()\n"
