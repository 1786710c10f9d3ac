"""One experiment on the problem "shop", which many tests look at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payments_loop.experiment import Candidate, Settings, run
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.problem.load import read_problem
from payments_loop.tracking import Tracking, connect

#: The end of the shop's sixty days.
AS_OF = datetime(2026, 3, 2, tzinfo=UTC)

#: Rows of the shop from here on, two weeks with known labels, are held out.
UNTIL = datetime(2026, 2, 6, tzinfo=UTC)


def small_settings(**tuning: object) -> Settings:
    """Few and small trees, a short warm-up; `tuning` changes the budget of the search."""
    return Settings.model_validate(
        {
            "data": {"warm_up_days": 3},
            "model": {"num_iterations": 30, "num_leaves": 6, "min_data_in_leaf": 20},
            "tuning": {"trials": 4, "folds": 2} | tuning,
        }
    )


@dataclass(frozen=True)
class Experiment:
    """A finished experiment: what it was made of, and what came of it."""

    candidate: Candidate
    problem: Problem
    lake: Lake
    tracking: Tracking
    root: Path


@pytest.fixture(scope="session")
def experiment(
    shop_folder: Path,
    empty_store: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Experiment:
    """A candidate of the first 36 days of the shop; do not change its files."""
    root = tmp_path_factory.mktemp("experiment")
    shutil.copytree(shop_folder, root, dirs_exist_ok=True)
    shutil.copy(empty_store, root / "mlflow.db")
    problem = read_problem(root / "problems" / "shop")
    lake, tracking = Lake(str(root / "data" / "lake")), connect(root)
    candidate = run(
        problem,
        lake,
        as_of=AS_OF,
        until=UNTIL,
        tracking=tracking,
        models_dir=root / "models",
        settings=small_settings(),
    )
    return Experiment(candidate, problem, lake, tracking, root)
