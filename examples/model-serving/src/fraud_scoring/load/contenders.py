"""The services that are compared, all with the model that is champion now."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import mlflow.sklearn

from fraud_scoring import tracking
from fraud_scoring.bundle import Bundle
from fraud_scoring.data import sample
from fraud_scoring.load import service
from fraud_scoring.load.service import Service
from fraud_scoring.tracking import Tracking

FOLDER = Path("comparison")
ROWS = 500
OURS, NAIVE, MLFLOW, FLOOR = "this project", "naive service", "mlflow models serve", "static floor"


class ComparisonError(RuntimeError):
    """The services cannot be compared; the message says why."""


@dataclass(frozen=True)
class Contender:
    """One way of serving the model.

    Attributes:
        name: As it appears in the table.
        start: Runs the service for as long as the context is open.
        path: Route for predictions.
        bodies: The same rows for every contender, each in its own format.
        probability: Takes the probability out of a response; None for the floor.
    """

    name: str
    start: Callable[[], AbstractContextManager[Service]]
    path: str
    bodies: Sequence[bytes]
    probability: Callable[[Any], float] | None


def contenders(bundle: Bundle, root: Path, scratch: Path) -> list[Contender]:
    """Return the contenders for the model of `bundle`; files they need go to `scratch`.

    Args:
        bundle: The champion.
        root: Of the project, where MLflow's files are.
        scratch: An empty folder that outlives the contenders.

    Raises:
        ComparisonError: MLflow has no model for this bundle.
    """
    store = tracking.connect(root)
    uri = _logged_model(bundle.version, store)
    rows = sample(ROWS, seed=1)
    named = [json.dumps({"features": row}).encode() for row in rows]
    # MLflow's model takes what the training saw, so its clients do the encoding.
    encoded = [_dataframe_split(bundle, row) for row in rows]
    return [
        Contender(OURS, _ours, "/v1/predict", named, lambda answer: answer["probability"]),
        Contender(
            NAIVE,
            lambda: _naive(bundle, uri, store, scratch),
            "/predict",
            named,
            lambda answer: answer["probability"],
        ),
        Contender(
            MLFLOW,
            lambda: _mlflow(uri, store),
            "/invocations",
            encoded,
            lambda answer: answer["predictions"][0][1],
        ),
        Contender(FLOOR, _floor, "/", named, None),
    ]


def _logged_model(version: str, store: Tracking) -> str:
    """Return the URI of the model in MLflow that the bundle `version` was exported from."""
    for found in store.client.search_model_versions(f"name = '{tracking.NAME}'"):
        if found.tags.get("bundle") == version:
            return f"models:/{found.name}/{found.version}"
    raise ComparisonError(f"MLflow has no model for {version}: train one here with `make train`")


def _dataframe_split(bundle: Bundle, row: Mapping[str, object]) -> bytes:
    values = bundle.encode([row])[0].tolist()
    columns = [feature.name for feature in bundle.features]
    data = [[None if math.isnan(value) else value for value in values]]
    return json.dumps({"dataframe_split": {"columns": columns, "data": data}}).encode()


def _ours() -> AbstractContextManager[Service]:
    return service.this_project({"APP_CHALLENGER": "off"})  # the others serve one model, too


def _naive(
    bundle: Bundle, uri: str, store: Tracking, scratch: Path
) -> AbstractContextManager[Service]:
    model, features = scratch / "model.joblib", scratch / "features.json"
    with store.active():
        joblib.dump(mlflow.sklearn.load_model(uri), model)
    features.write_text(json.dumps({f.name: f.categories for f in bundle.features}))
    environment = {"COMPARISON_MODEL": str(model), "COMPARISON_FEATURES": str(features)}
    return _uvicorn("naive_service", "/health", environment)


def _floor() -> AbstractContextManager[Service]:
    return _uvicorn("static_service", "/", {})


def _uvicorn(
    module: str, ready: str, environment: Mapping[str, str]
) -> AbstractContextManager[Service]:
    port = service.free_port()
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", f"--port={port}"]
    return service.running(
        [*command, f"--app-dir={FOLDER}", "--loop=uvloop", "--http=httptools", "--no-access-log"],
        port,
        ready,
        environment={"OMP_NUM_THREADS": "1", **environment},
    )


def _mlflow(uri: str, store: Tracking) -> AbstractContextManager[Service]:
    port = service.free_port()
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    command = [sys.executable, "-m", "mlflow", "models", "serve", f"--model-uri={uri}"]
    return service.running(
        [*command, f"--port={port}", "--host=127.0.0.1", "--workers=1", "--env-manager=local"],
        port,
        "/ping",
        environment={
            "OMP_NUM_THREADS": "1",
            "PATH": os.pathsep.join(programs),  # mlflow starts `uvicorn` by its name
            "MLFLOW_TRACKING_URI": store.uri,
            "MLFLOW_REGISTRY_URI": store.uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
    )
