"""Adds `POST /v1/score`, and keeps its history up to date."""

from __future__ import annotations

from functools import partial

from payments_loop.api.service import Service
from payments_loop.features.serving.routes import describe, routes
from payments_loop.features.serving.runtime import Runtime
from payments_loop.features.serving.settings import FeatureSettings
from payments_loop.prediction.settings import PredictionSettings


def install(service: Service) -> None:
    """Read the history with the service, and follow the lake while it runs."""
    runtime = Runtime(FeatureSettings(), service.registry)
    most = PredictionSettings().max_instances
    service.routers.append(routes(service, runtime, most))
    service.lifespans.append(runtime.lifespan)
    service.tasks.append(runtime.follow)
    service.openapi_hooks.append(partial(describe, runtime=runtime))
