"""What MLflow keeps of a training run.

The model bundle is what serves and what moves between machines; MLflow keeps the history of how it
came to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import polars as pl
from sklearn.calibration import CalibratedClassifierCV

from fraud_scoring.tracking import NAME, connect

# What skops may rebuild, besides scikit-learn's own public types, when the model is loaded.
TRUSTED_TYPES = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
)


@dataclass(frozen=True)
class Run:
    """What is recorded of one training run."""

    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    model: CalibratedClassifierCV
    example: pl.DataFrame
    bundle: Path
    alias: str


def record(run: Run, root: Path) -> str:
    """Record `run`, register its model under its alias, and return the run's id.

    Raises:
        TrackingError: the store cannot be reached.
    """
    import mlflow

    tracking = connect(root)
    with tracking.run(run.bundle.name, run.tags) as active:
        mlflow.log_params(dict(run.params))
        mlflow.log_metrics(dict(run.metrics))
        mlflow.log_artifacts(str(run.bundle), "bundle")
        registered = _log_model(run)
    tracking.client.set_registered_model_alias(NAME, run.alias, registered)
    tracking.client.set_model_version_tag(NAME, registered, "bundle", run.bundle.name)
    return str(active.info.run_id)


def _log_model(run: Run) -> str:
    """Log and register the model; returns the number of its version in MLflow's registry.

    With the signature and the requirements given, MLflow infers neither (which takes a minute).
    """
    import mlflow.sklearn
    from mlflow.models import infer_signature

    example = run.example.to_pandas()
    packages = ("mlflow", "numpy", "scikit-learn", "skops")
    info = mlflow.sklearn.log_model(
        run.model,
        name="model",
        signature=infer_signature(example, run.model.predict_proba(example)),
        input_example=example,
        pip_requirements=[f"{package}=={version(package)}" for package in packages],
        pyfunc_predict_fn="predict_proba",
        serialization_format="skops",
        skops_trusted_types=list(TRUSTED_TYPES),
        registered_model_name=NAME,
    )
    return str(info.registered_model_version)
