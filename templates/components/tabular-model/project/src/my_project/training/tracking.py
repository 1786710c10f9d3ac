"""Runs and models in MLflow, in a SQLite file beside the code.

The model bundle is what serves and what moves between machines; MLflow keeps the history of how it
came to be. Its artifact paths are absolute, so the tracking files stay where they were made.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from sklearn.calibration import CalibratedClassifierCV

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "my-project"
DATABASE = "mlflow.db"
ARTIFACTS = "mlruns"

# Read by MLflow when it is imported. The requirements of the model are given below; what the
# development environment holds besides is none of its business.
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_UV_AUTO_DETECT": "false",
}

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
    """Record `run` in `root`, register its model under its alias, and return the run's id."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import mlflow

    with _store(root) as client:
        experiment = client.get_experiment_by_name(NAME)
        if experiment is None:
            location = (root / ARTIFACTS).resolve().as_uri()
            identifier = client.create_experiment(NAME, artifact_location=location)
        else:
            identifier = experiment.experiment_id
    with mlflow.start_run(experiment_id=identifier, tags=dict(run.tags)) as active:
        mlflow.log_params(dict(run.params))
        mlflow.log_metrics(dict(run.metrics))
        mlflow.log_artifacts(str(run.bundle), "bundle")
        registered = _log_model(run)
    client.set_registered_model_alias(NAME, run.alias, registered)
    client.set_model_version_tag(NAME, registered, "bundle", run.bundle.name)
    return str(active.info.run_id)


@contextmanager
def _store(root: Path) -> Iterator[MlflowClient]:
    """Connect to the database of `root`.

    Two processes that create it at the same time break each other's migrations, so one waits.
    """
    import mlflow

    with (root / f".{DATABASE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        uri = f"sqlite:///{(root / DATABASE).resolve()}"
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        yield mlflow.MlflowClient()


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
