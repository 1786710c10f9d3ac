"""One training run: data in, a judged and registered bundle out."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from threadpoolctl import threadpool_limits

from fraud_scoring import bundle
from fraud_scoring.evaluation import Dataset, Interval, compare, evaluate

from . import tracking
from .config import Config
from .fit import Fitted, fit, fit_baseline, rule_amount
from .gate import Check, judge
from .prepare import Prepared, Say, prepare
from .table import to_frame


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    bundle: bundle.Bundle
    checks: list[Check]
    evaluation: dict[str, Interval]

    @property
    def promoted(self) -> bool:
        """Whether the new version is champion now."""
        return all(check.passed for check in self.checks)


def run(config: Config, root: Path, models_dir: Path, say: Say) -> Outcome:
    """Train a version, write its bundle, record it, and promote it if the gate lets it.

    Raises:
        TrainingError: the data cannot be read or is not fit to train on.
        BundleError: the bundle cannot be written, or the champion cannot be read.
    """
    with threadpool_limits(limits=config.threads):
        return _run(config, root, models_dir, say)


def _run(config: Config, root: Path, models_dir: Path, say: Say) -> Outcome:
    prepared = prepare(config, say)
    fitted = fit(prepared.splits, config, say)
    baseline = fit_baseline(prepared.splits, config)
    test = prepared.splits.test
    amount = rule_amount(prepared.splits, config)
    found = evaluate(
        test,
        fitted.answers,
        baseline,
        rule_amount=amount,
        costs=config.policy,
        seed=config.seed,
    )
    registry = bundle.Registry(models_dir)
    checks = _judge(registry, test, fitted, found, config)
    written = _write(models_dir, prepared, fitted, found, config)
    outcome = Outcome(written, checks, found)
    _record(outcome, fitted, prepared, config, root)
    if outcome.promoted:
        registry.promote(written.version)
    else:
        registry.set_challenger(written.version)
    return outcome


def _judge(
    registry: bundle.Registry,
    test: Dataset,
    fitted: Fitted,
    found: dict[str, Interval],
    config: Config,
) -> list[Check]:
    if "champion" not in registry.aliases():
        return judge(found, fitted.parity, None, config.gate)
    champion = bundle.Bundle.load(registry.resolve("champion"))
    if champion.features != test.features:
        return judge(found, fitted.parity, None, config.gate, comparable=False)
    gain = compare(test, fitted.answers.p, champion.predict(test.X), config.seed)
    return judge(found, fitted.parity, gain, config.gate)


def _write(
    models_dir: Path,
    prepared: Prepared,
    fitted: Fitted,
    found: dict[str, Interval],
    config: Config,
) -> bundle.Bundle:
    created = datetime.now(UTC).replace(microsecond=0)
    manifest = bundle.Manifest(
        version=f"{created:%Y%m%d-%H%M%S}",
        created=created,
        features=prepared.splits.test.features,
        threshold=fitted.threshold,
        decisions=config.decisions,
        costs=config.policy,
        metrics=_metrics(fitted, found),
        seed=config.seed,
        commit=_commit(),
        data_sha256=prepared.sha256,
    )
    return bundle.write(models_dir, manifest, fitted.onnx, prepared.splits.test.X)


def _metrics(fitted: Fitted, found: dict[str, Interval]) -> dict[str, float]:
    names = ("auc", "average_precision", "log_loss", "calibration_error", "cost")
    return {name: found[name].value for name in names} | {"parity": fitted.parity}


def _record(
    outcome: Outcome,
    fitted: Fitted,
    prepared: Prepared,
    config: Config,
    root: Path,
) -> str:
    metrics = {name: interval.value for name, interval in outcome.evaluation.items()}
    for name, scores in fitted.cross_validation.items():
        metrics |= {f"cv_{name}_auc": scores.auc, f"cv_{name}_log_loss": scores.log_loss}
    params = config.model.model_dump() | config.split.model_dump() | config.costs.model_dump()
    test = prepared.splits.test
    return tracking.record(
        tracking.Run(
            params=params
            | {
                "max_leaf_nodes": fitted.max_leaf_nodes,
                "seed": config.seed,
                "threads": config.threads,
                "rows": prepared.rows,
                "source": config.data.source,
            },
            metrics=metrics | {"parity": fitted.parity, "threshold": fitted.threshold},
            tags={
                "data_sha256": prepared.sha256,
                "bundle": outcome.bundle.version,
                "promoted": str(outcome.promoted).lower(),
            },
            model=fitted.estimator,
            example=to_frame(test.rows(slice(3))),
            bundle=outcome.bundle.path,
            alias="champion" if outcome.promoted else "challenger",
        ),
        root,
    )


def _commit() -> str | None:
    """The commit that the code is at; None outside a repository."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 (found on the PATH)
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
