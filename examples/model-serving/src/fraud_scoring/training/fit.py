"""Fitting: the baseline, the choice among the candidates, calibration and threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV

from fraud_scoring.bundle import session
from fraud_scoring.bundle.schema import INPUT, OUTPUT
from fraud_scoring.evaluation import Answers, Dataset
from fraud_scoring.evaluation.costs import best_threshold, decide

from .config import Config
from .estimators import (
    CrossValidation,
    baseline,
    calibrated,
    cross_validate,
    probabilities,
    trees,
)
from .export import to_onnx
from .prepare import Say
from .split import Splits
from .table import to_frame


@dataclass(frozen=True)
class Fitted:
    """The chosen model in both forms.

    Attributes:
        estimator: the calibrated scikit-learn model.
        onnx: the same, exported.
        answers: what the exported model says of the test set.
        threshold: probability from which a row of typical amount is reviewed.
        parity: greatest difference between the two on the test set.
        max_leaf_nodes: what was chosen.
        cross_validation: scores of the choice and of the baseline.
    """

    estimator: CalibratedClassifierCV
    onnx: bytes
    answers: Answers
    threshold: float
    parity: float
    max_leaf_nodes: int
    cross_validation: dict[str, CrossValidation]


def fit(splits: Splits, config: Config, say: Say) -> Fitted:
    """Choose, fit, calibrate and export the trees; test rows are only scored."""
    train = splits.train
    scores = {"baseline": cross_validate(baseline(train.features), train, config.split.folds)}
    say(_line("logistic regression", scores["baseline"]))
    tried = {}
    for leaves in config.model.max_leaf_nodes:
        model = trees(config.model, leaves, config.seed)
        tried[leaves] = cross_validate(model, train, config.split.folds)
        say(_line(f"trees of {leaves} leaves", tried[leaves]))
    chosen = min(tried, key=lambda leaves: tried[leaves].log_loss)
    model = trees(config.model, chosen, config.seed).fit(to_frame(train), train.y)
    estimator = calibrated(model, splits.calibration)
    exported = to_onnx(estimator)
    p = score(exported, splits.test)
    typical = np.median(splits.validation.amount, keepdims=True)
    return Fitted(
        estimator=estimator,
        onnx=exported,
        answers=_candidate(splits, p, score(exported, splits.validation), config),
        threshold=float(config.policy.thresholds(typical)[0]),
        parity=float(np.abs(p - probabilities(estimator, splits.test)).max()),
        max_leaf_nodes=chosen,
        cross_validation=scores | {"model": tried[chosen]},
    )


def fit_baseline(splits: Splits, config: Config) -> Answers:
    """Fit the baseline on the same rows, calibrate it and let it decide the same way."""
    train = splits.train
    model: ClassifierMixin = baseline(train.features).fit(to_frame(train), train.y)
    estimator = calibrated(model, splits.calibration)
    validation = probabilities(estimator, splits.validation)
    return _candidate(splits, probabilities(estimator, splits.test), validation, config)


def rule_amount(splits: Splits, config: Config) -> float:
    """The simple rule, tuned on the same rows: review amounts from here on."""
    return best_threshold(splits.validation, splits.validation.amount, config.policy)


def score(model: bytes, rows: Dataset) -> NDArray[np.float32]:
    """Probabilities of the exported model [N]."""
    result: NDArray[np.float32] = session(model).run([OUTPUT], {INPUT: rows.X})[0]
    return result


def _candidate(
    splits: Splits,
    test: NDArray[np.floating],
    validation: NDArray[np.floating],
    config: Config,
) -> Answers:
    """Answers from probabilities on the `test` and the `validation` set."""
    return Answers(
        p=test,
        review=decide(splits.test, test, config.policy),
        fixed=best_threshold(splits.validation, validation, config.policy),
    )


def _line(name: str, scores: CrossValidation) -> str:
    return f"Cross-validation, {name}: AUC {scores.auc:.4f}, log loss {scores.log_loss:.5f}"
