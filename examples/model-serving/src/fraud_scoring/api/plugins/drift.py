"""Measures drift of the champion's inputs and predictions while the service runs."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Self

from prometheus_client import CollectorRegistry, Gauge
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fraud_scoring.api.service import Service
from fraud_scoring.drift import MINIMUM_ROWS, Report
from fraud_scoring.drift.monitor import Monitor
from fraud_scoring.prediction.observers import Observation, Observers


class DriftSettings(BaseSettings):
    """Read from `APP_DRIFT_<NAME>`.

    Attributes:
        window_rows: rows of the champion's traffic that are compared with the reference.
        window_seconds: age from which a row no longer counts.
        minimum_rows: rows below which nothing is reported; the alerts ask for 1000.
        evaluation_seconds: pause between two evaluations.
    """

    model_config = SettingsConfigDict(env_prefix="APP_DRIFT_", frozen=True)

    window_rows: int = Field(default=5000, ge=1)
    window_seconds: float = Field(default=3600, gt=0)
    minimum_rows: int = Field(default=MINIMUM_ROWS, ge=1)
    evaluation_seconds: float = Field(default=15, gt=0)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.minimum_rows > self.window_rows:
            raise ValueError("APP_DRIFT_MINIMUM_ROWS exceeds APP_DRIFT_WINDOW_ROWS")
        return self


class Gauges:
    """The metrics of the detector."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"drift_{name}", text, labels, registry=registry)

        self._psi = gauge("psi", "Population stability index against the reference", "feature")
        self._ks = gauge("ks", "Kolmogorov-Smirnov distance to the reference", "feature")
        self._prediction_psi = gauge("prediction_psi", "PSI of the probabilities")
        self._prediction_ks = gauge("prediction_ks", "Kolmogorov-Smirnov distance of them")
        self._rows = gauge("window_rows", "Rows in the window")
        self._evaluated = gauge("last_evaluation_timestamp_seconds", "When it was last measured")
        self._duration = gauge("evaluation_duration_seconds", "How long that took")
        self._names: set[str] = set()

    def publish(self, rows: int, report: Report | None, duration: float) -> None:
        """Show one evaluation; without a report nothing is claimed about drift."""
        self._rows.set(rows)
        names = {distance.name for distance in report.features} if report else set()
        if names != self._names:
            self._psi.clear()
            self._ks.clear()
            self._names = names
        for distance in report.features if report else ():
            self._psi.labels(distance.name).set(distance.psi)
            if distance.ks is not None:
                self._ks.labels(distance.name).set(distance.ks)
        prediction = report.prediction if report else None
        self._prediction_psi.set(prediction.psi if prediction else math.nan)
        ks = prediction.ks if prediction else None
        self._prediction_ks.set(math.nan if ks is None else ks)
        self._duration.set(duration)
        self._evaluated.set_to_current_time()


def install(service: Service) -> None:
    """Collect what the champion scores, and measure it in a thread every few seconds."""
    settings = DriftSettings()
    gauges = Gauges(service.registry)
    monitor = Monitor(
        capacity=settings.window_rows,
        max_age=settings.window_seconds,
        minimum_rows=settings.minimum_rows,
    )

    def observe(observation: Observation) -> None:
        # A split or a shadow shows its model parts or copies of the same traffic.
        if observation.role == "champion":
            monitor.observe(observation.bundle, observation.features, observation.probabilities)

    def evaluate() -> None:
        started = time.perf_counter()
        rows, report = monitor.evaluate()
        gauges.publish(rows, report, time.perf_counter() - started)

    async def run() -> None:
        while True:
            await asyncio.to_thread(evaluate)
            await asyncio.sleep(settings.evaluation_seconds)

    service.shared(Observers).append(observe)
    service.tasks.append(run)
