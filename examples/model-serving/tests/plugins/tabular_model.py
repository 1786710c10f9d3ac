"""A small training run, once per session, that many tests look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from fraud_scoring.training import config as configuration
from fraud_scoring.training.config import Config
from fraud_scoring.training.fit import Fitted, fit
from fraud_scoring.training.prepare import Prepared, prepare
from fraud_scoring.training.run import Outcome, run

AS_OF = datetime(2026, 3, 16, tzinfo=UTC)
CONFIG = Path(__file__).parents[2] / "config" / "tabular-model.toml"


@dataclass(frozen=True)
class Trained:
    """A finished run: its outcome, and the folder with `models`, `mlflow.db` and `mlruns`."""

    outcome: Outcome
    root: Path
    said: list[str]


@pytest.fixture(scope="session")
def small_config() -> Config:
    """The project's configuration on 14,000 rows of ten weeks, with few and small trees."""
    full = configuration.load(CONFIG)
    return full.model_copy(
        update={
            "data": full.data.model_copy(update={"rows": 14_000, "weeks": 10, "as_of": AS_OF}),
            "split": full.split.model_copy(update={"folds": 2}),
            "model": full.model.model_copy(update={"max_leaf_nodes": (4, 6), "max_iter": 40}),
        }
    )


@pytest.fixture(scope="session")
def small_data(small_config: Config) -> Prepared:
    """The rows of `small_config`, checked, encoded and split."""
    return prepare(small_config, lambda _: None)


@pytest.fixture(scope="session")
def fitted(small_config: Config, small_data: Prepared) -> Fitted:
    """The model of `small_data`."""
    with threadpool_limits(limits=1):
        return fit(small_data.splits, small_config, lambda _: None)


@pytest.fixture(scope="session")
def trained(small_config: Config, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One run of `small_config`, tracked and registered in a folder of its own."""
    root = tmp_path_factory.mktemp("trained")
    said: list[str] = []
    outcome = run(small_config, root, root / "models", said.append)
    return Trained(outcome, root, said)
