"""The service with a tiny model, inside the test process and as a process of its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from fraud_scoring import bundle
from fraud_scoring.prediction.models import InUse, Lineup, Model

from .http_api import MakeClient, ServiceProcess, StartService, edge
from .model_bundle import FEATURES, logistic_onnx, sample_features

ROW = {"amount": 12.5, "age_days": None, "channel": "web"}


def service_environment(folder: Path) -> dict[str, str]:
    """Settings of a service whose champion is a tiny model, written to `folder`."""
    manifest = bundle.Manifest(
        version="v1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        features=FEATURES,
        threshold=0.5,
    )
    bundle.write(folder, manifest, logistic_onnx(), sample_features(500))
    bundle.Registry(folder).promote("v1")
    return {"APP_MODELS_DIR": str(folder)}


@pytest.fixture
def serve_models(make_client: MakeClient, champion_dir: Path) -> MakeClient:
    """`make_client`, with a folder of models that belongs to the test and is watched closely."""

    def make(**settings: Any) -> TestClient:
        return make_client(**({"models_dir": champion_dir, "reload_seconds": 0.05} | settings))

    return make


@pytest.fixture
def start_models(start_service: StartService, champion_dir: Path) -> StartService:
    """`start_service`, with a folder of models that belongs to the test and is watched closely."""

    def start(**environment: str) -> ServiceProcess:
        chosen = {"APP_MODELS_DIR": str(champion_dir), "APP_RELOAD_SECONDS": "0.1"}
        return start_service(**(chosen | environment))

    return start


def models_of(client: TestClient) -> InUse:
    """The models in use behind `client`."""
    return edge(client).service.shared(InUse)


def replace_champion(client: TestClient, change: Callable[[Model], Model]) -> None:
    """Let the champion's place be taken by what `change` makes of it."""
    in_use = models_of(client)
    assert in_use.lineup is not None
    in_use.lineup = Lineup(change(in_use.lineup.champion), in_use.lineup.challenger)


def with_predict(model: Model, predict: Callable[[object], object]) -> Model:
    """`model`, scoring with `predict` instead."""
    real = model.bundle
    scoring = SimpleNamespace(encode=real.encode, thresholds=real.thresholds, predict=predict)
    return model._replace(bundle=cast("Any", scoring))


def broken(model: Model) -> Model:
    """`model`, failing whenever it scores."""

    def predict(_: object) -> None:
        raise RuntimeError("broken on purpose")

    return with_predict(model, predict)
