"""An experiment in MLflow: one run, with a nested one for each trial of the tuning."""

from __future__ import annotations

import json
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payments_loop.bundle import Bundle
from payments_loop.tracking import NAME, Tracking, environment

if TYPE_CHECKING:
    from mlflow.entities import Metric
    from optuna import Study
    from optuna.trial import FrozenTrial

PACKAGES = ("lightgbm", "numpy", "onnx", "onnxruntime", "optuna", "polars", "duckdb", "mlflow")
SERVED_WITH = ("mlflow", "numpy", "onnxruntime", "pandas")


@dataclass(frozen=True)
class Record:
    """What is recorded of one experiment besides the bundle.

    Attributes:
        params: settings that somebody chose.
        metrics: figures of the model and the baseline.
        tags: what to search for.
        manifest: which rows of which tables were used.
        data_sha256: hash of their content.
        rows: how many examples they made.
        documents: further JSON files, by name.
    """

    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    manifest: Mapping[str, Any]
    data_sha256: str
    rows: int
    documents: Mapping[str, Any]


@contextmanager
def started(
    tracking: Tracking,
    name: str,
    tags: Mapping[str, str],
    study: Study | None,
) -> Iterator[str]:
    """A run, and its id; the one that an interrupted tuning left open is continued."""
    import mlflow

    unfinished = None if study is None else _unfinished(tracking, study)
    if unfinished is not None:
        with tracking.active(), mlflow.start_run(run_id=unfinished):
            yield unfinished
        return
    with tracking.run(name, tags) as run:
        identifier = str(run.info.run_id)
        if study is not None:
            study.set_user_attr("run_id", identifier)
        yield identifier


def _unfinished(tracking: Tracking, study: Study) -> str | None:
    from mlflow.exceptions import MlflowException

    identifier = study.user_attrs.get("run_id")
    if identifier is None:
        return None
    try:
        status = tracking.client.get_run(identifier).info.status
    except MlflowException:  # another store than the study was begun with
        return None
    return str(identifier) if status == "RUNNING" else None


def log_trial(tracking: Tracking, parent: str, trial: FrozenTrial) -> None:
    """Record a finished trial as a run of its own within the run `parent`."""
    from mlflow.entities import Param

    if trial.datetime_start is None or trial.datetime_complete is None:
        return
    began, ended = (
        int(at.timestamp() * 1000) for at in (trial.datetime_start, trial.datetime_complete)
    )
    run = tracking.client.create_run(
        tracking.experiment(),
        start_time=began,
        run_name=f"trial {trial.number}",
        tags={"mlflow.parentRunId": parent, "state": trial.state.name.lower()},
    )
    losses = [_metric("fold_loss", loss, step) for step, loss in trial.intermediate_values.items()]
    if trial.value is not None:
        losses.append(_metric("log_loss", trial.value))
    params = [Param(name, str(value)) for name, value in trial.params.items()]
    tracking.client.log_batch(run.info.run_id, metrics=losses, params=params)
    tracking.client.set_terminated(run.info.run_id, end_time=ended)


def log(
    tracking: Tracking,
    run_id: str,
    record: Record,
    bundle: Bundle,
    plots: Path | None,
) -> None:
    """Record parameters, figures, data, environment, plots and the model itself."""
    from mlflow.entities import Param, RunTag

    client = tracking.client
    client.log_batch(
        run_id,
        metrics=[_metric(name, value) for name, value in record.metrics.items()],
        params=[Param(name, str(value)) for name, value in record.params.items()],
        tags=[RunTag(name, value) for name, value in record.tags.items()],
    )
    client.log_inputs(run_id, datasets=[_dataset(record)])
    documents = dict(record.documents) | {
        "manifest": record.manifest,
        "environment": environment(PACKAGES),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, content in documents.items():
            text = json.dumps(content, indent=2, default=str, ensure_ascii=False)
            (Path(folder) / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        client.log_artifacts(run_id, folder)
    if plots is not None:
        client.log_artifacts(run_id, str(plots), "plots")
    _log_model(bundle)


def _log_model(bundle: Bundle) -> None:
    """Log the model to the active run.

    With the signature and the requirements given, MLflow infers neither (which takes a minute).
    """
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    columns: list[ColSpec | TensorSpec] = [
        ColSpec(
            DataType.double if feature.categories is None else DataType.string,
            feature.name,
            required=not feature.nullable,
        )
        for feature in bundle.features
    ]
    probability = Schema([TensorSpec(bundle.golden.matrix.dtype, (-1,))])
    with warnings.catch_warnings():
        # About the example and the type hints that it would infer a signature from.
        warnings.simplefilter("ignore", UserWarning)
        mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("served.py")),
            artifacts={"bundle": str(bundle.path)},
            signature=ModelSignature(Schema(columns), probability),
            pip_requirements=[f"{package}=={version(package)}" for package in SERVED_WITH],
        )


def _dataset(record: Record) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    return DatasetInput(
        Dataset(
            name=NAME,
            digest=record.data_sha256[:16],
            source_type="lake",
            source=json.dumps({"manifest": "manifest.json", "sha256": record.data_sha256}),
            profile=json.dumps({"num_rows": record.rows}),
        ),
        [InputTag("mlflow.data.context", "training")],
    )


def _metric(name: str, value: float, step: int = 0) -> Metric:
    from mlflow.entities import Metric

    return Metric(name, float(value), int(time.time() * 1000), step)
