"""A registry on an empty store, with real bundles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payments_loop import bundle
from payments_loop.registry import Decision, ModelRegistry
from payments_loop.tracking import Tracking

MakeVersion = Callable[..., str]


def promoting(winner: str, champion: str | None) -> Decision:
    """A decision of the gate for `winner`."""
    return Decision(
        verdict="promote",
        winner=winner,
        champion=champion,
        checks=(),
        p_values={winner: 0.001},
        alpha=0.05,
        rows=1000,
        data_sha256="0" * 64,
    )


def keeping(champion: str) -> Decision:
    """A decision of the gate for `champion`."""
    decided = {"verdict": "keep", "winner": None, "champion": champion}
    return promoting("v9", champion).model_copy(update=decided)


@pytest.fixture
def registry(tracking: Tracking, models_dir: Path, tmp_path: Path) -> ModelRegistry:
    """An empty registry in `tmp_path`."""
    return ModelRegistry(tracking, bundle.Registry(models_dir), audit=tmp_path / "audit")


@pytest.fixture
def make_version(registry: ModelRegistry, make_bundle: Callable[..., bundle.Bundle]) -> MakeVersion:
    """Train, as it were, and register: `make_version("v1", bias=...)` returns "v1"."""

    def make(version: str, **options: object) -> str:
        path = make_bundle(version, rows=50, **options).path
        with registry.tracking.run(version) as run:
            return registry.register(path, run.info.run_id)

    return make
