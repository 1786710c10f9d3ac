from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from payments_loop.bundle import Bundle, Registry
from payments_loop.bundle.reference import Distribution
from payments_loop.load.sources import bundle as source
from payments_loop.load.traffic import TrafficError


def test_requests_are_valid_and_follow_the_training_distributions(
    champion_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_MODELS_DIR", str(champion_dir))
    rows = [json.loads(body)["features"] for body in source.bodies(4000, seed=1)]
    bundle = Bundle.load(Registry(champion_dir).resolve("champion"))
    drawn = bundle.encode(rows)  # refuses what the service would refuse
    for column, described in enumerate(bundle.reference.features):
        shares = described.counts(drawn[:, column]) / len(rows)
        assert shares == pytest.approx(described.shares, abs=0.05)


def test_requests_are_the_same_for_the_same_seed(
    champion_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_MODELS_DIR", str(champion_dir))
    assert source.bodies(20, seed=3) == source.bodies(20, seed=3)
    assert source.bodies(20, seed=3) != source.bodies(20, seed=4)


def test_project_without_a_model_says_what_to_do(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_MODELS_DIR", str(models_dir))
    with pytest.raises(TrafficError, match="train one first"):
        source.bodies(1, seed=0)


def test_feature_that_was_always_missing_stays_missing() -> None:
    always = Distribution(name="x", edges=(), shares=(0.0, 1.0), quantiles=(), rows=5)
    drawn = source._draw(always, 10, np.random.default_rng(0))
    assert np.isnan(drawn).all()
