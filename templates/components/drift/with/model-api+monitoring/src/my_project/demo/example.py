"""A model for the demonstration where none was trained: logistic, of two made-up features."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from my_project import bundle

VERSION = "example"
FEATURES = (
    bundle.Feature(name="amount", kind="numeric", minimum=0),
    bundle.Feature(name="channel", kind="categorical", categories=("app", "web")),
)


def write(models_dir: Path) -> None:
    """Write the bundle and make it champion."""
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.lognormal(3, 1, 5000), rng.integers(0, 2, 5000)])
    manifest = bundle.Manifest(
        version=VERSION,
        created=datetime.now(UTC),
        features=FEATURES,
        threshold=0.5,
    )
    bundle.write(models_dir, manifest, _model(), rows.astype(np.float32))
    bundle.Registry(models_dir).promote(VERSION)


def _model() -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("MatMul", ["features", "weights"], ["scores"]),
        helper.make_node("Sigmoid", ["scores"], ["probability"]),
    ]
    weights = numpy_helper.from_array(np.array([0.02, -0.5], np.float32), "weights")
    graph = helper.make_graph(
        nodes,
        "example",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    serialised: bytes = model.SerializeToString()
    return serialised
