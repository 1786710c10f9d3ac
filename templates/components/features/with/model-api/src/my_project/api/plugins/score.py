"""Adds `POST /v1/score`, and keeps its history up to date."""

from __future__ import annotations

from functools import partial

from my_project.api.service import Service
from my_project.features.serving.routes import describe, routes
from my_project.features.serving.runtime import Runtime
from my_project.features.serving.settings import FeatureSettings
from my_project.prediction.settings import PredictionSettings


def install(service: Service) -> None:
    """Read the history with the service, and follow the lake while it runs."""
    runtime = Runtime(FeatureSettings(), service.registry)
    most = PredictionSettings().max_instances
    service.routers.append(routes(service, runtime, most))
    service.lifespans.append(runtime.lifespan)
    service.tasks.append(runtime.follow)
    service.openapi_hooks.append(partial(describe, runtime=runtime))
