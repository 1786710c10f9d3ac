"""Tiny real bundles: a logistic model as ONNX, built without training."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from payments_loop import bundle

FEATURES = (
    bundle.Feature(name="amount", kind="numeric", minimum=0, unit="EUR"),
    bundle.Feature(name="age_days", kind="numeric"),
    bundle.Feature(
        name="channel",
        kind="categorical",
        categories=("app", "terminal", "web"),
        nullable=False,
    ),
)
WEIGHTS = (0.01, -0.002, 0.5)
CREATED = datetime(2026, 1, 1, tzinfo=UTC)

MakeBundle = Callable[..., bundle.Bundle]


def logistic_onnx(weights: tuple[float, ...] = WEIGHTS, bias: float = -1.0) -> bytes:
    """P = sigmoid(features with 0 for NaN @ weights + bias), as a serialised ONNX model."""
    nodes = [
        helper.make_node("IsNaN", ["features"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "features"], ["known"]),
        helper.make_node("MatMul", ["known", "weights"], ["products"]),
        helper.make_node("Add", ["products", "bias"], ["scores"]),
        helper.make_node("Sigmoid", ["scores"], ["probability"]),
    ]
    constants = {"weights": list(weights), "bias": bias, "zero": 0.0}
    graph = helper.make_graph(
        nodes,
        "logistic",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(weights)])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None])],
        [
            numpy_helper.from_array(np.array(value, dtype=np.float32), name)
            for name, value in constants.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString()
    return serialised


def sample_features(rows: int, seed: int = 0) -> NDArray[np.float32]:
    """Encoded rows [N, 3] for `FEATURES`; a tenth of the ages is missing."""
    rng = np.random.default_rng(seed)
    age = rng.exponential(400, rows)
    age[rng.random(rows) < 0.1] = np.nan
    columns = (rng.lognormal(3, 1, rows), age, rng.integers(0, 3, rows))
    return np.column_stack(columns).astype(np.float32)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """An empty models folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def make_bundle(models_dir: Path) -> MakeBundle:
    """Write a bundle: `make_bundle(version, bias=, threshold=, created=, rows=)`.

    A higher bias gives higher probabilities, so that two versions can be told apart.
    """

    def make(
        version: str = "v1",
        *,
        bias: float = -1.0,
        threshold: float = 0.5,
        created: datetime = CREATED,
        rows: int = 2000,
    ) -> bundle.Bundle:
        manifest = bundle.Manifest(
            version=version,
            created=created,
            features=FEATURES,
            threshold=threshold,
            decisions=("approve", "review"),
            metrics={"auc": 0.8},
            seed=0,
        )
        model = logistic_onnx(bias=bias)
        return bundle.write(models_dir, manifest, model, sample_features(rows))

    return make


@pytest.fixture
def tiny_bundle(make_bundle: MakeBundle) -> bundle.Bundle:
    """Version `v1`, without any alias."""
    return make_bundle()


@pytest.fixture
def champion_dir(models_dir: Path, make_bundle: MakeBundle) -> Path:
    """A models folder in which `v1` is champion."""
    bundle.Registry(models_dir).promote(make_bundle().version)
    return models_dir


@pytest.fixture
def contest_dir(champion_dir: Path, make_bundle: MakeBundle) -> Path:
    """A models folder in which `v1` is champion and `v2` (higher probabilities) challenges it."""
    bundle.Registry(champion_dir).set_challenger(make_bundle("v2", bias=0.5).version)
    return champion_dir
