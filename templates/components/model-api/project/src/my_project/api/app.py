"""Puts the service together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from my_project.bundle import Registry

from . import errors, plugins, routes
from .edge import Edge
from .events import EventLog
from .hot import Hot
from .metrics import Metrics
from .models import Lineup, Reloader
from .openapi import Api
from .predictor import Predictor
from .service import Service
from .settings import Settings

logger = logging.getLogger(__name__)

RESTART_SECONDS = 1.0


def create_app(settings: Settings | None = None, events: EventLog | None = None) -> Edge:
    """Build the ASGI application; models are loaded when its lifespan starts.

    Args:
        settings: read from the environment by default.
        events: where decisions and responses are logged; standard error by default.

    Raises:
        pydantic.ValidationError: the environment does not make a safe configuration.
    """
    registry = CollectorRegistry()
    service = Service(
        settings=settings or Settings(),
        events=events or EventLog(),
        registry=registry,
        metrics=Metrics(registry),
    )
    predictor = Predictor(service)
    # Without the request that asks, which the server counts like any other.
    service.metrics.in_flight.set_function(lambda: service.open_requests() - 1)
    service.metrics.queue_depth.set_function(lambda: predictor.queue.depth)
    service.metrics.queue_capacity.set(service.settings.queue_rows)
    plugins.install(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(service, predictor):
            yield

    api = Api(service, lifespan)
    api.include_router(routes.prediction(service, predictor))
    api.include_router(routes.operation(service))
    for router in service.routers:
        api.include_router(router)
    errors.install(api)
    return Edge(api, Hot(predictor, service.settings.max_instances), service)


@asynccontextmanager
async def running(service: Service, predictor: Predictor) -> AsyncIterator[None]:
    """Load the models, keep the background tasks running, stop them in order."""
    settings = service.settings
    reloader = Reloader(
        Registry(settings.models_dir),
        swap=lambda lineup: _swap(service, lineup),
        failed=service.metrics.reload_failures.inc,
    )
    await reloader.reload()
    if service.lineup is None:
        logger.error("no champion, not ready", extra={"models_dir": str(settings.models_dir)})
    jobs: list[Callable[[], Awaitable[None]]] = [
        service.events.run,
        predictor.shadow.run,
        lambda: reloader.run(settings.reload_seconds),
        *service.tasks,
    ]
    tasks = [asyncio.create_task(_kept_running(job)) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await predictor.queue.close()
        service.events.flush()


async def _kept_running(job: Callable[[], Awaitable[None]]) -> None:
    """Run `job`; start it again after a failure, which would otherwise go unnoticed until exit."""
    while True:
        try:
            await job()
        except Exception:
            logger.exception("background task failed, starting it again")
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return


def _swap(service: Service, lineup: Lineup) -> None:
    """Use `lineup` from now on. Requests that are being served keep the one they began with."""
    service.lineup = lineup
    metrics = service.metrics
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
