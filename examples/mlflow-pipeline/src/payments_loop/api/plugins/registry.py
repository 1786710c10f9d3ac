"""Follows the aliases of the model registry: fetches what they name into the models folder.

Nothing on the path of a request depends on the registry. While it is away, the models that are here
go on serving; the metrics say since when.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from payments_loop.api.service import Service
from payments_loop.bundle import BundleError, Registry
from payments_loop.prediction.settings import PredictionSettings
from payments_loop.registry import RegistryError
from payments_loop.registry.follow import follow
from payments_loop.registry.metrics import FollowerMetrics
from payments_loop.registry.rest import RestSource
from payments_loop.tracking import NAME

logger = logging.getLogger(__name__)


class RegistrySettings(BaseSettings):
    """Read from `APP_REGISTRY_<NAME>`.

    Attributes:
        uri: MLflow server to follow; empty to serve what is in the models folder.
        model: name of the registered model.
        token: sent as bearer.
        seconds: pause between two looks.
        timeout: seconds for connecting, and for each read.
        seed: models to begin with if the models folder is empty, e.g. those in the image.
    """

    model_config = SettingsConfigDict(
        env_prefix="APP_REGISTRY_",
        frozen=True,
        hide_input_in_errors=True,
    )

    uri: SecretStr = SecretStr("")
    model: str = NAME
    token: SecretStr = SecretStr("")
    seconds: float = Field(default=10, gt=0)
    timeout: float = Field(default=5, gt=0)
    seed: Path | None = None


def install(service: Service) -> None:
    """Look at the registry every few seconds; `prediction` loads what changes in the folder."""
    settings = RegistrySettings()
    models = Registry(PredictionSettings().models_dir)
    if settings.seed is not None:
        seed(models, settings.seed)
    uri = settings.uri.get_secret_value()
    if not uri:
        return
    metrics = FollowerMetrics(service.registry)
    source = RestSource(
        uri,
        settings.model,
        token=settings.token.get_secret_value(),
        timeout=settings.timeout,
    )

    def look() -> None:
        try:
            fetched = follow(source, models)
        except (RegistryError, BundleError, OSError) as error:
            metrics.polls.labels("failed").inc()
            logger.warning("registry not followed", extra={"reason": str(error)})
        else:
            metrics.polls.labels("ok").inc()
            metrics.success.set_to_current_time()
            if fetched:
                logger.info("fetched from the registry", extra={"versions": fetched})

    async def run() -> None:
        while True:
            await asyncio.to_thread(look)
            await asyncio.sleep(settings.seconds)

    @asynccontextmanager
    async def closed() -> AsyncIterator[None]:
        yield
        source.close()

    service.lifespans.append(closed)
    service.tasks.append(run)


def seed(models: Registry, folder: Path) -> None:
    """Copy the versions that have an alias in `folder`, if `models` has no aliases of its own."""
    if models.path.exists() or not (source := Registry(folder)).path.exists():
        return
    aliases = source.aliases()
    for version in set(aliases.values()):
        target = models.models_dir / version
        if not target.exists():
            shutil.copytree(source.resolve(version), target)
    models.assign(aliases)
