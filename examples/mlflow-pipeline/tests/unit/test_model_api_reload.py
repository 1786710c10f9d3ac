"""Loading, warming up and reloading models."""

import asyncio
from pathlib import Path

import pytest
from plugins.http_api import wait_until
from plugins.model_bundle import MakeBundle

from payments_loop.bundle import BundleError, Registry
from payments_loop.prediction import models
from payments_loop.prediction.models import Lineup, Reloader, load


class Watched:
    """A reloader, the lineups it handed over and the failures it reported."""

    def __init__(self, models_dir: Path) -> None:
        self.lineups: list[Lineup] = []
        self.failures = 0
        self.registry = Registry(models_dir)
        self.reloader = Reloader(self.registry, self.lineups.append, self.fail)

    def fail(self) -> None:
        self.failures += 1

    def reload(self) -> None:
        asyncio.run(self.reloader.reload())

    @property
    def versions(self) -> str:
        """Versions of champion and challenger."""
        return " ".join(model.version for model in self.lineups[-1] if model is not None)


@pytest.fixture
def watched(champion_dir: Path) -> Watched:
    found = Watched(champion_dir)
    found.reload()
    return found


def break_bundle(models_dir: Path, version: str) -> None:
    (models_dir / version / "model.onnx").write_bytes(b"not a model")


def test_loading_measures_the_cost_of_scoring(champion_dir: Path) -> None:
    model = load(champion_dir / "v1")
    assert model.version == "v1"
    assert 0 < model.call_seconds < 1
    assert model.seconds(1000) >= model.seconds(1) == model.call_seconds


def test_a_damaged_bundle_is_not_loaded(champion_dir: Path) -> None:
    break_bundle(champion_dir, "v1")
    with pytest.raises(BundleError, match=r"model\.onnx"):
        load(champion_dir / "v1")


def test_a_promotion_swaps_the_champion(watched: Watched, make_bundle: MakeBundle) -> None:
    watched.registry.promote(make_bundle("v2").version)
    watched.reload()
    assert watched.versions == "v2"
    assert watched.failures == 0


def test_nothing_new_means_no_swap(watched: Watched) -> None:
    watched.reload()
    assert len(watched.lineups) == 1


def test_a_broken_version_keeps_the_one_before(watched: Watched, make_bundle: MakeBundle) -> None:
    make_bundle("v2")
    watched.registry.promote("v2")
    break_bundle(watched.registry.models_dir, "v2")
    watched.reload()
    assert watched.versions == "v1"
    assert watched.failures == 1


@pytest.mark.parametrize("text", ["", "[]", '{"champion": "../v1"}', '{"champion": "v9"}'])
def test_broken_aliases_keep_what_there_is(watched: Watched, text: str) -> None:
    watched.registry.path.write_text(text)
    watched.reload()
    assert watched.versions == "v1"
    assert watched.failures == 1


def test_a_broken_challenger_does_not_hold_up_the_champion(
    watched: Watched, make_bundle: MakeBundle
) -> None:
    watched.registry.promote(make_bundle("v2").version)
    watched.registry.set_challenger(make_bundle("v3").version)
    break_bundle(watched.registry.models_dir, "v3")
    watched.reload()
    assert watched.versions == "v2"
    assert watched.failures == 1


def test_a_challenger_that_wins_is_not_loaded_again(
    watched: Watched, make_bundle: MakeBundle
) -> None:
    watched.registry.set_challenger(make_bundle("v2").version)
    watched.reload()
    challenger = watched.lineups[-1].challenger
    assert watched.versions == "v1 v2"
    watched.registry.promote("v2")
    watched.reload()
    assert watched.lineups[-1].champion is challenger
    assert watched.versions == "v2"


def test_a_challenger_can_be_withdrawn(watched: Watched, make_bundle: MakeBundle) -> None:
    watched.registry.set_challenger(make_bundle("v2").version)
    watched.reload()
    watched.registry.set_challenger(None)
    watched.reload()
    assert watched.versions == "v1"


def test_without_a_champion_there_is_no_lineup(models_dir: Path) -> None:
    empty = Watched(models_dir)
    empty.reload()
    assert empty.lineups == []


def test_the_watcher_notices_promotions_and_repairs(
    watched: Watched, make_bundle: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "RETRY_SECONDS", 0.05)
    make_bundle("v2")
    watched.registry.promote("v2")
    model = watched.registry.models_dir / "v2" / "model.onnx"
    content = model.read_bytes()
    model.write_bytes(b"half copied")

    async def main() -> None:
        watching = asyncio.create_task(watched.reloader.run(0.01))
        await asyncio.to_thread(wait_until, lambda: watched.failures > 0)
        assert watched.versions == "v1"
        model.write_bytes(content)
        await asyncio.to_thread(wait_until, lambda: watched.versions == "v2")
        watching.cancel()

    asyncio.run(main())
