"""Versions of adapters and their aliases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from text2json.commands.adapters import command
from text2json.llm import Adapters, ModelError


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Adapters:
    """Versions a, b and c, and one that is not complete."""
    monkeypatch.chdir(tmp_path)
    root = Path("models/adapters")
    for name in ("a", "b", "c", "partial"):
        (root / name).mkdir(parents=True)
    for name in ("a", "b", "c"):
        card = {"version": name, "created": "2026-01-01", "metrics": {"validation_loss": 0.5}}
        (root / name / "card.json").write_text(json.dumps(card))
    return Adapters(root)


def test_only_complete_versions_count(known: Adapters) -> None:
    assert known.versions() == ["a", "b", "c"]
    with pytest.raises(ModelError, match="no adapter 'partial'; there are: a, b, c"):
        known.promote("partial")


def test_promotion_remembers_what_was_champion_and_can_be_taken_back(known: Adapters) -> None:
    with pytest.raises(ModelError, match="no champion is set"):
        known.resolve("champion")
    known.promote("a")
    known.challenge("b")
    known.promote("b")
    assert known.aliases() == {"champion": "b", "previous": "a"}
    assert known.rollback() == "a"
    assert known.resolve("champion").name == "a"
    known.promote("a")
    assert known.aliases() == {"champion": "a", "previous": "b"}


def test_the_champion_cannot_challenge_itself(known: Adapters) -> None:
    known.promote("a")
    with pytest.raises(ModelError, match="cannot challenge itself"):
        known.challenge("a")
    known.challenge("c")
    known.challenge(None)
    assert "challenger" not in known.aliases()
    with pytest.raises(ModelError, match="no previous"):
        known.rollback()


@pytest.mark.parametrize("text", ["[]", '{"best": "a"}', '{"champion": "../a"}', "{"])
def test_a_broken_file_is_named(known: Adapters, text: str) -> None:
    known.path.write_text(text)
    with pytest.raises(ModelError, match=r"aliases\.json"):
        known.aliases()


def test_the_commands_do_the_same(known: Adapters) -> None:
    runner = CliRunner()
    assert "a is champion" in runner.invoke(command, ["promote", "a"]).output
    assert "b is challenger" in runner.invoke(command, ["challenge", "b"]).output
    assert "no challenger" in runner.invoke(command, ["challenge", "none"]).output
    runner.invoke(command, ["promote", "b"])
    assert "a is champion" in runner.invoke(command, ["rollback"]).output
    listed = runner.invoke(command, ["list"]).output.splitlines()
    assert [listed[0].split()[0], listed[0].split()[2]] == ["a", "champion"]
    wrong = runner.invoke(command, ["promote", "z"])
    assert wrong.exit_code == 1
    assert "no adapter 'z'" in wrong.output
    assert known.aliases()["champion"] == "a"
