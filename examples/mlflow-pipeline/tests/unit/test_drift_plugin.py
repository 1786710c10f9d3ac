"""The plugin in a service: what it collects, what it publishes, what it refuses."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Literal, cast

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from pydantic import ValidationError

from payments_loop.api.events import EventLog
from payments_loop.api.metrics import Metrics
from payments_loop.api.plugins import drift
from payments_loop.api.service import Service
from payments_loop.api.settings import Settings
from payments_loop.bundle import Bundle
from payments_loop.drift.synthetic import draw
from payments_loop.prediction.observers import Observation, Observers


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service with the plugin, evaluating up to a hundred times a second."""
    monkeypatch.setenv("APP_DRIFT_WINDOW_ROWS", "2000")
    monkeypatch.setenv("APP_DRIFT_EVALUATION_SECONDS", "0.01")
    registry = CollectorRegistry()
    made = Service(Settings(), EventLog(), registry, Metrics(registry))
    drift.install(made)
    return made


def score(
    service: Service,
    bundle: Bundle,
    rows: int,
    role: Literal["champion", "challenger", "shadow"] = "champion",
    shift: float = 0,
) -> None:
    features = draw(bundle, rows, np.random.default_rng(0), {1: shift})
    observation = Observation(bundle, features, bundle.predict(features), role)
    for observer in service.shared(Observers):
        observer(observation)


def evaluate(service: Service) -> None:
    """Run the background task until it has evaluated twice: once surely after now."""

    async def run() -> None:
        [task] = service.tasks
        running = asyncio.ensure_future(task())
        seen: set[float | None] = set()
        async with asyncio.timeout(60):
            while len(seen) < 3:
                seen.add(value(service, "last_evaluation_timestamp_seconds"))
                await asyncio.sleep(0.005)
        running.cancel()

    asyncio.run(run())


def value(service: Service, name: str, **labels: str) -> float | None:
    return service.registry.get_sample_value(f"drift_{name}", labels)


def test_without_traffic_nothing_is_claimed(service: Service) -> None:
    before = time.time()
    evaluate(service)
    assert value(service, "window_rows") == 0
    assert math.isnan(cast("float", value(service, "prediction_psi")))
    assert cast("float", value(service, "last_evaluation_timestamp_seconds")) >= before


def test_shifted_traffic_raises_the_index_of_its_feature(
    service: Service, tiny_bundle: Bundle
) -> None:
    score(service, tiny_bundle, 1500, shift=1)
    evaluate(service)
    assert value(service, "window_rows") == 1500
    assert cast("float", value(service, "psi", feature="age_days")) > 0.5
    assert cast("float", value(service, "psi", feature="amount")) < 0.1
    assert cast("float", value(service, "ks", feature="age_days")) > 0.2
    assert value(service, "ks", feature="channel") is None
    assert cast("float", value(service, "evaluation_duration_seconds")) > 0


def test_only_the_champions_rows_count(service: Service, tiny_bundle: Bundle) -> None:
    score(service, tiny_bundle, 100, role="shadow")
    score(service, tiny_bundle, 100, role="challenger")
    score(service, tiny_bundle, 10)
    evaluate(service)
    assert value(service, "window_rows") == 10


def test_a_new_champion_takes_back_what_was_claimed(
    service: Service, tiny_bundle: Bundle, make_bundle: object
) -> None:
    score(service, tiny_bundle, 1500, shift=1)
    evaluate(service)
    assert value(service, "psi", feature="age_days") is not None
    assert callable(make_bundle)
    score(service, make_bundle("v2", bias=0.5), 100)
    evaluate(service)
    assert value(service, "psi", feature="age_days") is None
    assert math.isnan(cast("float", value(service, "prediction_psi")))
    assert value(service, "window_rows") == 100


def test_a_window_that_can_never_be_judged_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_DRIFT_WINDOW_ROWS", "500")
    with pytest.raises(ValidationError, match="APP_DRIFT_MINIMUM_ROWS"):
        drift.DriftSettings()
