"""Serves the models of a folder: predictions, hot reload, shadow and split."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from payments_loop.api.service import Service
from payments_loop.bundle import Registry
from payments_loop.prediction.hot import Hot
from payments_loop.prediction.metrics import PredictionMetrics
from payments_loop.prediction.models import InUse, Lineup, Reloader
from payments_loop.prediction.openapi import describe_features
from payments_loop.prediction.predictor import Predictor, Predictors
from payments_loop.prediction.routes import prediction
from payments_loop.prediction.settings import PredictionSettings

logger = logging.getLogger(__name__)


def install(service: Service) -> None:
    """Add the routes and the fast path, load the models, and follow `aliases.json`."""
    settings = PredictionSettings()
    metrics = PredictionMetrics(service.registry)
    in_use = service.shared(InUse)
    predictor = Predictor(service, settings, metrics)
    service.shared(Predictors).current = predictor
    reloader = Reloader(
        Registry(settings.models_dir),
        swap=lambda lineup: swap(in_use, metrics, lineup),
        failed=metrics.reload_failures.inc,
    )
    metrics.queue_depth.set_function(lambda: predictor.queue.depth)
    metrics.queue_capacity.set(settings.queue_rows)

    @asynccontextmanager
    async def loaded() -> AsyncIterator[None]:
        await reloader.reload()
        yield
        await predictor.queue.close()

    def obstacle() -> str | None:
        return None if in_use.lineup else "No champion could be loaded yet"

    def facts() -> Mapping[str, object]:
        return {"model_version": in_use.lineup.champion.version} if in_use.lineup else {}

    hot = Hot(predictor, settings.max_instances)
    service.fast |= {"/v1/predict": hot.single, "/v1/predict/batch": hot.batch}
    service.routers.append(prediction(settings, in_use, predictor))
    service.lifespans.append(loaded)
    service.tasks += [predictor.shadow.run, partial(reloader.run, settings.reload_seconds)]
    service.ready.append(obstacle)
    service.facts.append(facts)
    service.openapi_hooks.append(partial(describe_features, in_use=in_use))


def swap(in_use: InUse, metrics: PredictionMetrics, lineup: Lineup) -> None:
    """Use `lineup` from now on. Requests that are being served keep the one they began with."""
    in_use.lineup = lineup
    for gauge in (metrics.model_info, metrics.model_created, metrics.model_loaded):
        gauge.clear()
    for alias, model in lineup._asdict().items():
        if model is not None:
            created = model.bundle.manifest.created.timestamp()
            metrics.model_info.labels(model.version, alias).set(1)
            metrics.model_created.labels(model.version, alias).set(created)
            metrics.model_loaded.labels(alias).set(model.loaded)
            logger.info(
                "model in use",
                extra={
                    "alias": alias,
                    "version": model.version,
                    "row_us": round(model.call_seconds * 1e6, 1),
                },
            )
