"""The two models: the simple one that must be beaten, and the one that is meant to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

from fraud_scoring.bundle import Feature
from fraud_scoring.evaluation import Dataset, Sample
from fraud_scoring.evaluation.metrics import auc, log_loss

from .config import Model
from .split import folds
from .table import to_frame

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class CrossValidation:
    """Mean scores over the folds of the expanding window."""

    auc: float
    log_loss: float


def baseline(features: Sequence[Feature]) -> Pipeline:
    """Logistic regression with everything a linear model needs to do well.

    Numbers are brought to a normal shape, what is missing gets its own indicator, and categories
    one column each.
    """
    numeric = [feature.name for feature in features if feature.kind == "numeric"]
    categorical = [feature.name for feature in features if feature.kind == "categorical"]
    shape = Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("normal", QuantileTransformer(output_distribution="normal", random_state=0)),
        ]
    )
    columns = ColumnTransformer(
        [
            ("shape", shape, numeric),
            ("missing", MissingIndicator(features="all"), numeric),
            ("choice", OneHotEncoder(handle_unknown="ignore"), categorical),
        ]
    )
    return Pipeline([("columns", columns), ("logistic", LogisticRegression(max_iter=1000))])


def trees(config: Model, max_leaf_nodes: int, seed: int) -> HistGradientBoostingClassifier:
    """Gradient-boosted trees; missing values are split on like any other.

    Categories come as their index. No class weights: they would ruin the probabilities.
    """
    return HistGradientBoostingClassifier(
        max_iter=config.max_iter,
        learning_rate=config.learning_rate,
        max_leaf_nodes=max_leaf_nodes,
        min_samples_leaf=config.min_samples_leaf,
        l2_regularization=config.l2_regularization,
        early_stopping=False,
        random_state=seed,
    )


def calibrated(model: ClassifierMixin, later: Dataset) -> CalibratedClassifierCV:
    """Platt scaling of a fitted model on rows later than the ones it was fitted on.

    Two parameters on the model's score: a monotone step, so that the ranking stays, and one that
    is exported as a multiplication, an addition and a sigmoid.
    """
    return CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid").fit(
        to_frame(later), later.y
    )


def probabilities(model: ClassifierMixin, rows: Dataset) -> Probabilities:
    """P(positive) [N]."""
    result: Probabilities = model.predict_proba(to_frame(rows))[:, 1]
    return result


def cross_validate(model: ClassifierMixin, rows: Dataset, count: int) -> CrossValidation:
    """Fit and judge `model` on the expanding windows of `rows`."""
    aucs, losses = [], []
    for older, newer in folds(rows, count):
        sample = Sample(newer.y, probabilities(model.fit(to_frame(older), older.y), newer))
        weight = np.ones(len(newer))
        aucs.append(auc(sample)(weight))
        losses.append(log_loss(sample)(weight))
    return CrossValidation(float(np.mean(aucs)), float(np.mean(losses)))
