"""Versions, aliases and their records in a real store."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plugins.model_registry import (
    MakeVersion,
    keeping,
    promoting,
)

from payments_loop import bundle
from payments_loop.registry import ModelRegistry, RegistryError
from payments_loop.tracking import connect

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OURS = "name = 'payments-loop'"


def test_promotion_moves_the_aliases_and_says_why(
    registry: ModelRegistry,
    make_version: MakeVersion,
    tmp_path: Path,
) -> None:
    for version in ("v1", "v2"):
        make_version(version)
    registry.promote("v1", promoting("v1", None), by="ana", at=AT)
    registry.promote("v2", promoting("v2", "v1"), by="ana", at=AT)
    assert registry.aliases() == {"champion": "v2", "previous": "v1"}
    assert registry.models.aliases() == registry.aliases()
    first, second = registry.history()
    assert (second.action, second.version, second.champion) == ("promote", "v2", "v1")
    assert (second.by, second.at, second.outcome) == ("ana", AT, "done")
    assert second.decision == promoting("v2", "v1")
    lines = (tmp_path / "audit" / "decisions.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [first.id, second.id]


def test_rollback_exchanges_champion_and_previous(
    registry: ModelRegistry,
    make_version: MakeVersion,
) -> None:
    for version in ("v1", "v2"):
        registry.promote(make_version(version), reason="test")
    assert registry.rollback("complaints") == "v1"
    assert registry.aliases() == {"champion": "v1", "previous": "v2"}
    assert registry.models.aliases() == registry.aliases()
    assert registry.rollback("no, it was fine") == "v2"
    assert [record.action for record in registry.history()][-2:] == ["rollback", "rollback"]


def test_last_change_says_how_the_champion_became_champion(
    registry: ModelRegistry,
    make_version: MakeVersion,
) -> None:
    assert registry.last_change(before=AT) is None
    registry.promote(make_version("v1"), reason="first", at=AT)
    registry.promote(make_version("v2"), reason="better", at=AT + 2 * DAY)
    registry.challenge(make_version("v3"), at=AT + 3 * DAY)
    registry.rollback("complaints", at=AT + 4 * DAY)
    found = [registry.last_change(before=AT + days * DAY) for days in (1, 3, 9)]
    assert [(one.action, one.version) for one in found if one] == [
        ("promote", "v1"),
        ("promote", "v2"),
        ("rollback", "v1"),
    ]


def test_nothing_to_roll_back_to(registry: ModelRegistry, make_version: MakeVersion) -> None:
    registry.promote(make_version("v1"), reason="first")
    with pytest.raises(RegistryError, match="no previous version"):
        registry.rollback("test")


def test_challenger_comes_goes_and_wins(
    registry: ModelRegistry,
    make_version: MakeVersion,
) -> None:
    registry.promote(make_version("v1"), reason="first")
    make_version("v2")
    with pytest.raises(RegistryError, match="cannot challenge itself"):
        registry.challenge("v1")
    registry.challenge("v2")
    assert registry.models.aliases() == {"champion": "v1", "challenger": "v2"}
    registry.challenge(None, reason="too slow")
    assert registry.models.aliases() == {"champion": "v1"}
    registry.challenge("v2")
    registry.promote("v2", reason="canary passed")
    assert registry.aliases() == {"champion": "v2", "previous": "v1"}
    actions = [record.action for record in registry.history()]
    assert actions == ["promote", "challenge", "withdraw", "challenge", "promote"]


def test_decision_against_an_older_champion_is_refused(
    registry: ModelRegistry,
    make_version: MakeVersion,
) -> None:
    for version in ("v1", "v2", "v3"):
        make_version(version)
    registry.promote("v1", promoting("v1", None))
    registry.promote("v2", promoting("v2", "v1"))
    with pytest.raises(RegistryError, match="champion is v2 now: judge again"):
        registry.promote("v3", promoting("v3", "v1"))
    assert registry.aliases() == {"champion": "v2", "previous": "v1"}


def test_promotion_needs_a_decision_or_a_reason(
    registry: ModelRegistry,
    make_version: MakeVersion,
) -> None:
    make_version("v1")
    with pytest.raises(RegistryError, match="say why"):
        registry.promote("v1")
    with pytest.raises(RegistryError, match="did not let v1 pass"):
        registry.promote("v1", keeping("v0"))
    with pytest.raises(RegistryError, match="no version 'v7' is registered"):
        registry.promote("v7", reason="typo")
    assert registry.aliases() == {}


def test_refusal_is_recorded(registry: ModelRegistry, make_version: MakeVersion) -> None:
    registry.promote(make_version("v1"), reason="first")
    registry.keep(keeping("v1"), by="gate")
    record = registry.history()[-1]
    assert (record.action, record.by, record.outcome) == ("keep", "gate", "done")
    assert record.decision is not None
    assert record.decision.verdict == "keep"


def test_promoting_twice_and_registering_twice_is_once(
    registry: ModelRegistry,
    make_version: MakeVersion,
) -> None:
    make_version("v1")
    run_id = registry.tracking.client.search_model_versions(OURS)[0].run_id
    assert run_id is not None
    registry.register(registry.models.models_dir / "v1", run_id)
    registry.promote("v1", reason="first")
    registry.promote("v1", reason="again")
    assert len(registry.tracking.client.search_model_versions(OURS)) == 1
    assert len(registry.history()) == 1


def test_lost_models_folder_is_brought_back(
    registry: ModelRegistry,
    make_version: MakeVersion,
) -> None:
    for version in ("v1", "v2"):
        registry.promote(make_version(version), reason="test")
    before = bundle.Bundle.load(registry.models.resolve("champion")).manifest
    shutil.rmtree(registry.models.models_dir)
    assert sorted(registry.pull()) == ["v1", "v2"]
    assert bundle.Bundle.load(registry.models.resolve("champion")).manifest == before
    assert registry.models.aliases() == registry.aliases()
    assert registry.pull() == []


def test_damaged_bundle_is_not_registered(
    registry: ModelRegistry, make_version: MakeVersion
) -> None:
    make_version("v1")
    (registry.models.models_dir / "v1" / "model.onnx").write_bytes(b"damaged")
    with registry.tracking.run("v1") as run, pytest.raises(bundle.BundleError):
        registry.register(registry.models.models_dir / "v1", run.info.run_id)


def test_store_that_breaks_is_named(registry: ModelRegistry, tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"x" * 100_000)
    broken = ModelRegistry(registry.tracking, registry.models)
    with pytest.raises(RegistryError, match=r"mlflow\.db"):
        broken.aliases()


def test_version_names_the_run_that_made_it(
    make_version: MakeVersion,
    tmp_path: Path,
) -> None:
    make_version("v1")
    found = connect(tmp_path).client.search_model_versions(OURS)[0]
    assert found.source == f"runs:/{found.run_id}/bundle"
    assert found.tags["bundle"] == "v1"
