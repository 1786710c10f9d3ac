"""The calibrated trees as an ONNX graph.

The graph is built here, from scikit-learn's fitted trees, rather than by skl2onnx: that needs an
old protobuf and trails scikit-learn's releases, and it rounds split points to the nearest float32,
which may send a value to the other side. Rounding *down* cannot: for a float32 x and a double t,
x <= t exactly when x <= floor32(t). What is left are sums of leaves in float32, about 1e-7.
The fitted trees are private attributes of scikit-learn; should they ever change, the parity check
on every row of the test set stops the training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier

from my_project.bundle.schema import INPUT, OUTPUT

# Old enough for every supported ONNX Runtime.
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8


def to_onnx(model: CalibratedClassifierCV) -> bytes:
    """Serialise a `CalibratedClassifierCV` (sigmoid) of frozen gradient-boosted trees."""
    (member,) = model.calibrated_classifiers_
    (sigmoid,) = member.calibrators
    trees = member.estimator.estimator
    # scikit-learn's sigmoid is 1 / (1 + exp(a * score + b)).
    constants: dict[str, NDArray[Any]] = {
        "slope": np.array([-sigmoid.a_], dtype=np.float32),
        "intercept": np.array([-sigmoid.b_], dtype=np.float32),
        "flat": np.array([-1], dtype=np.int64),
    }
    width = trees.n_features_in_
    nodes = [
        helper.make_node(
            "TreeEnsembleRegressor",
            [INPUT],
            ["score"],
            domain="ai.onnx.ml",
            **_ensemble(trees),
        ),
        helper.make_node("Mul", ["score", "slope"], ["scaled"]),
        helper.make_node("Add", ["scaled", "intercept"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["column"]),
        helper.make_node("Reshape", ["column", "flat"], [OUTPUT]),
    ]
    graph = helper.make_graph(
        nodes,
        "calibrated_trees",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(proto)
    serialised: bytes = proto.SerializeToString()
    return serialised


def _ensemble(trees: HistGradientBoostingClassifier) -> dict[str, Any]:
    """Attributes of the ONNX operator `TreeEnsembleRegressor`, an entry per node or leaf."""
    arrays = [predictor.nodes for (predictor,) in trees._predictors]  # noqa: SLF001
    nodes = np.concatenate(arrays)
    tree = np.repeat(np.arange(len(arrays)), [len(array) for array in arrays])
    node = np.concatenate([np.arange(len(array)) for array in arrays])
    leaf = nodes["is_leaf"].astype(bool)
    return {
        "n_targets": 1,
        "base_values": [float(trees._baseline_prediction.item())],  # noqa: SLF001
        "nodes_treeids": tree.tolist(),
        "nodes_nodeids": node.tolist(),
        "nodes_featureids": nodes["feature_idx"].astype(int).tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values": floor32(nodes["num_threshold"]).tolist(),
        "nodes_truenodeids": nodes["left"].astype(int).tolist(),
        "nodes_falsenodeids": nodes["right"].astype(int).tolist(),
        "nodes_missing_value_tracks_true": nodes["missing_go_to_left"].astype(int).tolist(),
        "target_treeids": tree[leaf].tolist(),
        "target_nodeids": node[leaf].tolist(),
        "target_ids": [0] * int(leaf.sum()),
        "target_weights": nodes["value"][leaf].tolist(),
    }


def floor32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each value; an infinity stays one."""
    rounded = values.astype(np.float32)
    above = rounded > values
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded)
