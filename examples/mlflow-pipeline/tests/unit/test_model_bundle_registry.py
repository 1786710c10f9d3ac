"""Aliases: promotion, challenge, rollback, and what can be wrong with the file."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugins.model_bundle import MakeBundle

from payments_loop import bundle
from payments_loop.commands import models


@pytest.fixture
def registry(models_dir: Path, make_bundle: MakeBundle) -> bundle.Registry:
    for version in ("v1", "v2", "v3"):
        make_bundle(version, rows=20)
    return bundle.Registry(models_dir)


def test_lists_complete_versions_only(registry: bundle.Registry) -> None:
    (registry.models_dir / "half").mkdir()
    assert registry.versions() == ["v1", "v2", "v3"]


def test_promotion_keeps_the_previous_champion(registry: bundle.Registry) -> None:
    registry.promote("v1")
    registry.promote("v2")
    assert registry.aliases() == {"champion": "v2", "previous": "v1"}


def test_all_aliases_are_set_at_once(registry: bundle.Registry) -> None:
    registry.promote("v1")
    registry.assign({"champion": "v3", "challenger": "v2"})
    assert registry.aliases() == {"champion": "v3", "challenger": "v2"}


@pytest.mark.parametrize("aliases", [{"champion": "v9"}, {"latest": "v1"}])
def test_aliases_that_cannot_be_set_change_nothing(
    registry: bundle.Registry,
    aliases: dict[str, str],
) -> None:
    registry.promote("v1")
    with pytest.raises(bundle.BundleError):
        registry.assign(aliases)
    assert registry.aliases() == {"champion": "v1"}


def test_promoting_the_champion_again_changes_nothing(registry: bundle.Registry) -> None:
    registry.promote("v1")
    registry.promote("v2")
    registry.promote("v2")
    assert registry.aliases() == {"champion": "v2", "previous": "v1"}


def test_promoted_challenger_is_no_challenger_any_more(registry: bundle.Registry) -> None:
    registry.promote("v1")
    registry.set_challenger("v2")
    assert registry.resolve("challenger").name == "v2"
    registry.promote("v2")
    assert registry.aliases() == {"champion": "v2", "previous": "v1"}


def test_rollback_twice_returns_to_the_start(registry: bundle.Registry) -> None:
    registry.promote("v1")
    registry.promote("v2")
    assert registry.rollback() == "v1"
    assert registry.rollback() == "v2"
    assert registry.aliases() == {"champion": "v2", "previous": "v1"}


def test_rolling_back_to_the_challenger_ends_the_challenge(registry: bundle.Registry) -> None:
    registry.promote("v1")
    registry.promote("v2")
    registry.set_challenger("v1")
    registry.rollback()
    assert registry.aliases() == {"champion": "v1", "previous": "v2"}


def test_rollback_without_a_previous_version_is_refused(registry: bundle.Registry) -> None:
    registry.promote("v1")
    with pytest.raises(bundle.BundleError, match="no previous version"):
        registry.rollback()


def test_champion_cannot_challenge_itself(registry: bundle.Registry) -> None:
    registry.promote("v1")
    with pytest.raises(bundle.BundleError, match="challenge itself"):
        registry.set_challenger("v1")


@pytest.mark.parametrize("name", ["v9", "../v1", "", ".aliases.lock", "champion"])
def test_unknown_names_are_refused(registry: bundle.Registry, name: str) -> None:
    with pytest.raises(bundle.BundleError):
        registry.resolve(name)
    with pytest.raises(bundle.BundleError):
        registry.promote(name)
    assert registry.aliases() == {}


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"latest": "v1"}', '{"champion": "../v1"}', '{"champion": 1}']
)
def test_broken_aliases_are_named(registry: bundle.Registry, content: str) -> None:
    registry.path.write_text(content)
    with pytest.raises(bundle.BundleError, match=r"aliases\.json"):
        registry.aliases()


def test_concurrent_changes_leave_valid_aliases(registry: bundle.Registry) -> None:
    registry.promote("v1")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(registry.promote, ["v2", "v3"] * 20))
    aliases = registry.aliases()
    assert {aliases["champion"], aliases["previous"]} == {"v2", "v3"}
    left = {path.name for path in registry.models_dir.iterdir()}
    assert left == {"v1", "v2", "v3", "aliases.json", ".aliases.lock"}


def test_command_line_promotes_challenges_and_rolls_back(registry: bundle.Registry) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(
            models.command, ["--models-dir", str(registry.models_dir), *arguments]
        )
        assert result.exit_code == 0, result.output
        return result.output

    assert run("promote", "v1") == "v1 is champion\n"
    assert run("challenge", "v2") == "v2 is challenger\n"
    assert run("promote", "challenger") == "v2 is champion\n"
    assert run("rollback") == "v1 is champion\n"
    run("challenge", "v3")
    assert run("challenge", "none") == "no challenger\n"
    assert json.loads(registry.path.read_text()) == {"champion": "v1", "previous": "v2"}
    lines = run("list").splitlines()
    assert [line.split()[0] for line in lines] == ["v1", "v2", "v3"]
    assert "champion" in lines[0]


def test_command_line_refuses_a_damaged_version(registry: bundle.Registry) -> None:
    (registry.models_dir / "v2" / "model.onnx").write_bytes(b"")
    result = CliRunner().invoke(
        models.command, ["--models-dir", str(registry.models_dir), "promote", "v2"]
    )
    assert result.exit_code == 1
    assert "model.onnx: differs from the hash" in result.output
    assert registry.aliases() == {}
