"""The calibrated trees as an ONNX graph.

The fitted trees are read from private attributes of scikit-learn; should they ever change, the
parity check on every row of the test set stops the training. Why no converter does it is told in
docs/decisions/0051-export-the-trees-directly.md.
"""

from __future__ import annotations

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier

from fraud_scoring.bundle import trees


def to_onnx(model: CalibratedClassifierCV) -> bytes:
    """Serialise a `CalibratedClassifierCV` (sigmoid) of frozen gradient-boosted trees."""
    (member,) = model.calibrated_classifiers_
    (sigmoid,) = member.calibrators
    # scikit-learn's sigmoid is 1 / (1 + exp(a * score + b)).
    return trees.to_onnx(_ensemble(member.estimator.estimator), -sigmoid.a_, -sigmoid.b_)


def _ensemble(model: HistGradientBoostingClassifier) -> trees.Ensemble:
    arrays = [predictor.nodes for (predictor,) in model._predictors]  # noqa: SLF001
    nodes = np.concatenate(arrays)
    return trees.Ensemble(
        tree=np.repeat(np.arange(len(arrays)), [len(array) for array in arrays]),
        node=np.concatenate([np.arange(len(array)) for array in arrays]),
        leaf=nodes["is_leaf"].astype(bool),
        feature=nodes["feature_idx"].astype(int),
        threshold=nodes["num_threshold"],
        equal=np.zeros(len(nodes), dtype=bool),
        left=nodes["left"].astype(int),
        right=nodes["right"].astype(int),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=nodes["value"],
        base=float(model._baseline_prediction.item()),  # noqa: SLF001
        width=int(model.n_features_in_),
    )
