"""An ensemble of decision trees with a logistic calibration, as an ONNX graph. Needs `onnx`.

Libraries that train trees compare double-precision split points; ONNX Runtime compares float32.
Converters round split points to the nearest float32, which may send a value to the other side.
Rounding *down* cannot: for a float32 x and a double t, x <= t exactly when x <= floor32(t). What is
left are sums of leaves in float32, about 1e-7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .schema import INPUT, OUTPUT

# Old enough for every supported ONNX Runtime.
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8


@dataclass(frozen=True)
class Ensemble:
    """The nodes of all trees, one after the other; every array has one entry per node.

    Attributes:
        tree: which tree the node belongs to, from 0.
        node: its number within the tree; 0 is the root.
        leaf: whether it is a leaf; if so, only `value` counts.
        feature: column of the input that is compared.
        threshold: double-precision number that it is compared with.
        equal: whether `==` is asked, as of categories, rather than `<=`.
        left: number of the node where the answer is yes.
        right: number of the node where it is no.
        missing_left: whether a missing value goes left.
        value: what a leaf adds to the score.
        base: score before the first tree.
        width: number of input columns.
    """

    tree: NDArray[np.integer]
    node: NDArray[np.integer]
    leaf: NDArray[np.bool_]
    feature: NDArray[np.integer]
    threshold: NDArray[np.float64]
    equal: NDArray[np.bool_]
    left: NDArray[np.integer]
    right: NDArray[np.integer]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    base: float
    width: int


def to_onnx(trees: Ensemble, slope: float, intercept: float) -> bytes:
    """Serialise P = sigmoid(slope * score + intercept), where the score is the sum of leaves."""
    constants: dict[str, NDArray[Any]] = {
        "slope": np.array([slope], dtype=np.float32),
        "intercept": np.array([intercept], dtype=np.float32),
        "flat": np.array([-1], dtype=np.int64),
    }
    nodes = [
        helper.make_node(
            "TreeEnsembleRegressor",
            [INPUT],
            ["score"],
            domain="ai.onnx.ml",
            **_attributes(trees),
        ),
        helper.make_node("Mul", ["score", "slope"], ["scaled"]),
        helper.make_node("Add", ["scaled", "intercept"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["column"]),
        helper.make_node("Reshape", ["column", "flat"], [OUTPUT]),
    ]
    return serialise("calibrated_trees", nodes, constants, trees.width)


def serialise(
    name: str,
    nodes: list[onnx.NodeProto],
    constants: dict[str, NDArray[Any]],
    width: int,
) -> bytes:
    """A checked model from `features` float32 [N, width] to `probability` float32 [N]."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None])],
        [numpy_helper.from_array(value, constant) for constant, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(proto)
    serialised: bytes = proto.SerializeToString()
    return serialised


def _attributes(trees: Ensemble) -> dict[str, Any]:
    """Attributes of the operator `TreeEnsembleRegressor`, an entry per node or leaf."""
    leaf = trees.leaf
    questions = np.where(trees.equal, "BRANCH_EQ", "BRANCH_LEQ")
    return {
        "n_targets": 1,
        "base_values": [trees.base],
        "nodes_treeids": trees.tree.tolist(),
        "nodes_nodeids": trees.node.tolist(),
        "nodes_featureids": trees.feature.tolist(),
        "nodes_modes": np.where(leaf, "LEAF", questions).tolist(),
        "nodes_values": floor32(trees.threshold).tolist(),
        "nodes_truenodeids": trees.left.tolist(),
        "nodes_falsenodeids": trees.right.tolist(),
        "nodes_missing_value_tracks_true": trees.missing_left.astype(int).tolist(),
        "target_treeids": trees.tree[leaf].tolist(),
        "target_nodeids": trees.node[leaf].tolist(),
        "target_ids": [0] * int(leaf.sum()),
        "target_weights": trees.value[leaf].tolist(),
    }


def floor32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each value; an infinity stays one."""
    # A threshold beyond float32 becomes an infinity, which is stepped back below.
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32)
    above = rounded > values
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded)
