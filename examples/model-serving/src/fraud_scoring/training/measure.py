"""Measuring a version, as it is served, on the test period."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from fraud_scoring.bundle import Bundle, Registry
from fraud_scoring.evaluation import Answers, Interval, evaluate, slices
from fraud_scoring.evaluation.costs import best_threshold
from fraud_scoring.evaluation.importance import permutation_importance
from fraud_scoring.evaluation.slices import Slice

from .config import Config
from .errors import TrainingError
from .fit import fit_baseline, rule_amount
from .prepare import Prepared, Say, prepare
from .split import Splits


@dataclass(frozen=True)
class Measurement:
    """Everything the records and plots show.

    Attributes:
        bundle: the version that was measured.
        prepared: the data it was measured on.
        model: its answers on the test set.
        baseline: those of logistic regression.
        rule_amount: the simple rule reviews amounts from here on.
        evaluation: every figure, by name.
        slices: results by value of the configured columns.
        importance: AUC lost without each feature, the greatest first.
    """

    bundle: Bundle
    prepared: Prepared
    model: Answers
    baseline: Answers
    rule_amount: float
    evaluation: dict[str, Interval]
    slices: list[Slice]
    importance: dict[str, float]


def measure(config: Config, models_dir: Path, name: str, say: Say) -> Measurement:
    """Measure the version that `name`, an alias or a version, stands for in `models_dir`.

    Raises:
        TrainingError: the data is not fit to use, or the model takes other features.
        BundleError: there is no such version, or it cannot be loaded.
    """
    bundle = Bundle.load(Registry(models_dir).resolve(name))
    with threadpool_limits(limits=config.threads):
        return _measure(bundle, prepare(config, say), config)


def _measure(bundle: Bundle, prepared: Prepared, config: Config) -> Measurement:
    splits = prepared.splits
    test = splits.test
    if bundle.features != test.features:
        raise TrainingError("the model takes other features than the data has: train first")
    model = _answers(bundle, splits, config)
    baseline = fit_baseline(splits, config)
    amount = rule_amount(splits, config)
    return Measurement(
        bundle=bundle,
        prepared=prepared,
        model=model,
        baseline=baseline,
        rule_amount=amount,
        evaluation=evaluate(
            test,
            model,
            baseline,
            rule_amount=amount,
            costs=config.policy,
            seed=config.seed,
        ),
        slices=slices.compare(test, model, config.slices.columns, config.seed),
        importance=permutation_importance(bundle.predict, test, config.seed),
    )


def _answers(bundle: Bundle, splits: Splits, config: Config) -> Answers:
    p = bundle.predict(splits.test.X)
    validation = bundle.predict(splits.validation.X)
    return Answers(
        p=p,
        review=p >= bundle.thresholds(splits.test.X),
        fixed=best_threshold(splits.validation, validation, config.policy),
    )
