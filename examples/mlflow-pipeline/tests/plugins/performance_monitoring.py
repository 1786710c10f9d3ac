"""Reports of the problem "shop": days are scored, then observed."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from payments_loop import bundle, scoring
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.problem.load import read_problem

from .batch_scoring import CREATED
from .data_ingestion import AS_OF


def score(
    problem: Problem,
    lake: Lake,
    models: bundle.Registry,
) -> None:
    """Score each day as of its end, as a daily run would have done."""
    end = CREATED + timedelta(days=1)
    while end <= AS_OF:
        scoring.score_day(problem, lake, models, end.date() - timedelta(days=1), as_of=end)
        end += timedelta(days=1)


@pytest.fixture(scope="session")
def scored_folder(
    shop_folder: Path,
    shop_champion: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The lake of the shop with the scores of February; read-only."""
    root = tmp_path_factory.mktemp("scored")
    shutil.copytree(shop_folder / "data", root / "data")
    problem = read_problem(shop_folder / "problems" / "shop")
    lake = Lake(str(root / "data" / "lake"))
    score(problem, lake, bundle.Registry(shop_champion))
    return root


@pytest.fixture
def scored_lake(scored_folder: Path, tmp_path: Path) -> Lake:
    """A copy of that lake, free to change."""
    shutil.copytree(scored_folder / "data", tmp_path / "scored")
    return Lake(str(tmp_path / "scored" / "lake"))
