"""A champion for the problem "shop": a logistic regression, fitted in a moment."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from payments_loop import bundle, features
from payments_loop.evaluation import area
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.problem.load import read_problem

from .data_ingestion import AS_OF
from .model_bundle import logistic_onnx

CREATED = datetime(2026, 1, 31, tzinfo=UTC)
# When the windows of features were full, and up to when labels are final at the end of the shop
FIRST, LAST = datetime(2026, 1, 25, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)

MakeModel = Callable[..., bundle.Bundle]


def logistic(X: NDArray[np.float32], y: NDArray[np.bool_]) -> tuple[tuple[float, ...], float]:
    """Weights and bias of a slightly regularised logistic regression, by Newton's method."""
    known = np.nan_to_num(X.astype(np.float64))
    scale = known.std(axis=0)
    design = np.column_stack([known / scale, np.ones(len(y))])
    weights = np.zeros(design.shape[1])
    for _ in range(20):
        p = 1 / (1 + np.exp(-design @ weights))
        curvature = (design.T * (p * (1 - p))) @ design + np.eye(len(weights))
        weights += np.linalg.solve(curvature, design.T @ (y - p) - weights)
    return tuple((weights[:-1] / scale).tolist()), float(weights[-1])


def write_model(
    models: Path,
    problem: Problem,
    lake: Lake,
    *,
    version: str = "v1",
    bias: float = 0.0,
    created: datetime = CREATED,
    promised_auc: float | None = None,
) -> bundle.Bundle:
    """Fit to, promise and refer to the very rows that tests score: a champion that is right."""
    rows = features.examples(problem, lake, start=FIRST, end=LAST, as_of=AS_OF).dataset
    weights, constant = logistic(rows.X, rows.y)
    model = logistic_onnx(weights, constant + bias)
    auc = area(rows.y, bundle.session(model).run(["probability"], {"features": rows.X})[0])
    manifest = bundle.Manifest(
        version=version,
        created=created,
        features=problem.bundle_features(),
        threshold=0.3,
        decisions=problem.target.decisions,
        costs=problem.bundle_costs(),
        metrics={
            "auc": auc.value if promised_auc is None else promised_auc,
            "auc_low": auc.low,
            "auc_high": auc.high,
            "base_rate": float(rows.y.mean()),
            "rows": len(rows),
        },
        seed=0,
    )
    return bundle.write(models, manifest, model, rows.X)


@pytest.fixture(scope="session")
def shop_champion(shop_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder in which `v1`, made on the last day of January, is champion; read-only."""
    models = tmp_path_factory.mktemp("shop-models")
    problem = read_problem(shop_folder / "problems" / "shop")
    lake = Lake(str(shop_folder / "data" / "lake"))
    write_model(models, problem, lake)
    bundle.Registry(models).promote("v1")
    return models


@pytest.fixture
def shop_models(shop_champion: Path, tmp_path: Path) -> bundle.Registry:
    """A copy of that folder, free to change: `tmp_path/models`."""
    shutil.copytree(shop_champion, tmp_path / "models")
    return bundle.Registry(tmp_path / "models")


@pytest.fixture
def make_shop_model(shop_models: bundle.Registry, problem: Problem, lake: Lake) -> MakeModel:
    """Write another version: `make_shop_model("v2", bias=1.0)`; a higher bias scores higher."""

    def make(version: str, **settings: float) -> bundle.Bundle:
        return write_model(shop_models.models_dir, problem, lake, version=version, **settings)  # type: ignore[arg-type]

    return make
