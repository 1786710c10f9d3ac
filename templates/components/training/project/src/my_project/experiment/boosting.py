"""LightGBM: fitting, reading the trees, and what each feature contributes to a score."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from my_project.bundle.trees import Ensemble
from my_project.evaluation import Dataset

from .settings import Parameters

if TYPE_CHECKING:
    from lightgbm import Booster

# Categories are split one against the rest, which is a plain comparison in ONNX, too.
CATEGORIES = 1024
EQUAL = "=="
# A thread with fewer rows waits longer than it works.
_ROWS_PER_THREAD = 50_000

# Before LightGBM is loaded: threads that wait by spinning cost many times the processor time on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def fit_trees(rows: Dataset, parameters: Parameters, *, seed: int, threads: int) -> Booster:
    """Fit boosted trees; the same rows and seed give the same trees, whatever the number of threads.

    Missing values are split on like any other. No class weights: they would ruin the
    probabilities.

    Args:
        rows: to learn from.
        parameters: of the trees.
        seed: of what is random.
        threads: at most; 0: one per core.
    """
    import lightgbm
    from threadpoolctl import threadpool_limits

    settings = parameters.model_dump(exclude={"num_iterations"}) | {
        "objective": "binary",
        "max_cat_to_onehot": CATEGORIES,
        "deterministic": True,
        "force_col_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        rows.X,
        rows.y.astype(np.float32),
        feature_name=list(rows.columns),
        categorical_feature=[
            column for column, feature in enumerate(rows.features) if feature.kind == "categorical"
        ],
        params={"verbosity": -1},
    )
    # As a parameter, it would be kept in the model: the same trees, but other bytes.
    with threadpool_limits(_threads(threads, len(rows)), user_api="openmp"):
        return lightgbm.train(settings, data, parameters.num_iterations)


def scores(booster: Booster, X: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
    """Log-odds [N] before calibration."""
    found = booster.predict(X, raw_score=True, num_threads=_threads(threads, len(X)))
    return np.asarray(found, dtype=np.float64)


def _threads(asked: int, rows: int) -> int:
    return min(asked or os.cpu_count() or 1, 1 + rows // _ROWS_PER_THREAD)


def contributions(booster: Booster, X: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
    """Shapley values of the log-odds before calibration [N, F + 1]; the last is the average.

    S. Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", Nature Machine Intelligence 2 (2020).
    """
    found = booster.predict(X, pred_contrib=True, num_threads=threads)
    return np.asarray(found, dtype=np.float64)


def ensemble(booster: Booster) -> Ensemble:
    """The trees of a booster, ready to be exported."""
    found = booster.dump_model()
    nodes = [
        (tree, *row)
        for tree, info in enumerate(found["tree_info"])
        for row in _nodes(info["tree_structure"])
    ]
    columns = [np.array(column) for column in zip(*nodes, strict=True)]
    tree, node, leaf, feature, threshold, equal, left, right, missing_left, value = columns
    return Ensemble(
        tree=tree,
        node=node,
        leaf=leaf,
        feature=feature,
        threshold=threshold.astype(np.float64),
        equal=equal,
        left=left,
        right=right,
        missing_left=missing_left,
        value=value.astype(np.float64),
        base=0.0,  # LightGBM keeps the average in the leaves of the first tree
        width=int(found["max_feature_idx"]) + 1,
    )


def _nodes(root: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Number, leaf, feature, threshold, equal, left, right, missing left and value of each node."""
    waiting = [(0, root)]
    made = 1
    while waiting:
        number, node = waiting.pop()
        if "leaf_value" in node:
            yield number, True, 0, 0.0, False, 0, 0, False, node["leaf_value"]
            continue
        left, right = made, made + 1
        made += 2
        equal = node["decision_type"] == EQUAL
        threshold = float(node["threshold"])
        missing = _missing_goes_left(node, threshold, equal=equal)
        yield number, False, node["split_feature"], threshold, equal, left, right, missing, 0.0
        waiting += [(right, node["right_child"]), (left, node["left_child"])]


def _missing_goes_left(node: dict[str, Any], threshold: float, *, equal: bool) -> bool:
    """A missing category is none of those asked for; where training saw no hole, NaN is a 0."""
    if equal:
        return False
    if node["missing_type"] == "None":
        return threshold >= 0
    return bool(node["default_left"])
