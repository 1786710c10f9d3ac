"""Puts the service together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from . import errors, plugins, routes
from .edge import Edge
from .events import EventLog
from .metrics import Metrics
from .openapi import Api
from .service import Service
from .settings import Settings

logger = logging.getLogger(__name__)

RESTART_SECONDS = 1.0


def create_app(settings: Settings | None = None, events: EventLog | None = None) -> Edge:
    """Build the ASGI application; what plugins load is loaded when its lifespan starts.

    Args:
        settings: read from the environment by default.
        events: where what happens on every request is logged; standard error by default.

    Raises:
        pydantic.ValidationError: the environment does not make a safe configuration, of the service
            or of a plugin.
    """
    registry = CollectorRegistry()
    service = Service(
        settings=settings or Settings(),
        events=events or EventLog(),
        registry=registry,
        metrics=Metrics(registry),
    )
    # Without the request that asks, which the server counts like any other.
    service.metrics.in_flight.set_function(lambda: service.open_requests() - 1)
    service.metrics.in_flight_limit.set(service.settings.max_in_flight)
    plugins.install(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(service):
            yield

    api = Api(service, lifespan)
    for router in (*service.routers, routes.about(service), routes.operation(service)):
        api.include_router(router)
    errors.install(api, service)
    return Edge(api, service)


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """Start what plugins need, keep the background tasks running, stop all of it in order."""
    async with AsyncExitStack() as stack:
        stack.callback(service.events.flush)
        for lifespan in service.lifespans:
            await stack.enter_async_context(lifespan())
        reason = service.obstacle()
        if reason is not None:
            logger.warning("not ready", extra={"reason": reason})
        jobs = (service.events.run, *service.tasks)
        tasks = [asyncio.create_task(_kept_running(job)) for job in jobs]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


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
