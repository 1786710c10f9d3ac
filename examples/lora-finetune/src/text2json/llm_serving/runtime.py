"""The model of the running service: loaded at the start, with the adapters that aliases name."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from text2json.api.problems import NOT_READY, Problem
from text2json.llm import (
    Adapters,
    Loaded,
    ModelError,
    adapters,
    load,
)

from .bank import Bank
from .engine import Engine
from .metrics import LlmMetrics
from .names import Lineup, shown
from .settings import LlmSettings

logger = logging.getLogger(__name__)


class Runtime:
    """Holds the engine, and keeps its adapters equal to `aliases.json`.

    Args:
        settings: of the chat service.
        metrics: told by the engine.
    """

    def __init__(self, settings: LlmSettings, metrics: LlmMetrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.lineup = Lineup()
        self.created = int(time.time())
        self._adapters: Adapters = adapters(settings.llm_adapters)
        self._engine: Engine | None = None
        self._loaded: Loaded | None = None
        self._obstacle = "The model is being loaded"
        self._refused: set[str] = set()
        metrics.capacity.set(settings.llm_queue)
        metrics.waiting.set_function(lambda: self._engine.waiting if self._engine else 0)
        metrics.running.set_function(lambda: self._engine.running if self._engine else 0)

    @property
    def engine(self) -> Engine:
        """What answers.

        Raises:
            Problem: the model is not there yet.
        """
        if self._engine is None:
            raise Problem(NOT_READY, self._obstacle, retry_after=5)
        return self._engine

    @property
    def loaded(self) -> Loaded:
        """The base model; raises as `engine` does."""
        if self._loaded is None:
            raise Problem(NOT_READY, self._obstacle, retry_after=5)
        return self._loaded

    @property
    def context(self) -> int:
        """Most tokens of prompt and completion together."""
        made_for = int(self.loaded.model.config.max_position_embeddings)
        return min(self.settings.llm_context or made_for, made_for)

    def obstacle(self) -> str | None:
        """Why no request can be answered yet."""
        return None if self._engine else self._obstacle

    def facts(self) -> dict[str, object]:
        """What is served."""
        named = {name: shown(root) for name, root in self.lineup.roots().items()}
        return {"models": named} if self._engine else {}

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Load before the first request, and stop the engine after the last."""
        await self.refresh()
        try:
            yield
        finally:
            engine, self._engine = self._engine, None
            self._obstacle = "A shutdown has begun"
            if engine is not None:
                await asyncio.to_thread(engine.stop)

    async def follow(self) -> None:
        """Look at the aliases again and again; also load a base model that was not there."""
        while True:
            await asyncio.sleep(self.settings.llm_reload_seconds)
            await self.refresh()

    async def refresh(self) -> None:
        """Load what is missing; what cannot be loaded stays away, and the log says why."""
        if self._engine is None:
            try:
                bank = await asyncio.to_thread(self._open)
            except ModelError as error:
                if self._obstacle != str(error):
                    logger.warning("model not loaded", extra={"reason": str(error)})
                self._obstacle = str(error)
                return
            settings = self.settings
            self._engine = Engine(
                bank, self.metrics, batch=settings.llm_batch, capacity=settings.llm_queue
            )
            self._loaded = bank.loaded
            self._engine.start()
            self._use(Lineup())
        await self._follow_aliases(self._engine)

    def _open(self) -> Bank:
        settings = self.settings
        loaded = load(settings.llm_base or None, device=settings.llm_device)
        if settings.llm_threads:
            import torch

            torch.set_num_threads(settings.llm_threads)
        return Bank(loaded)

    async def _follow_aliases(self, engine: Engine) -> None:
        """Serve what the aliases name; where that cannot be loaded, what they named before."""
        before = self.lineup
        try:
            named = self._adapters.aliases()
        except ModelError as error:
            logger.warning("aliases not read", extra={"reason": str(error)})
            return
        served: dict[str, str] = {}
        for alias, version in named.items():
            if version in before.versions | {*served.values()} or await self._load(engine, version):
                served[alias] = version
            elif alias in before.aliases:
                served[alias] = before.aliases[alias]
        if served == before.aliases:
            return
        self._use(Lineup(frozenset(served.values()), served))
        for version in before.versions - self.lineup.versions:
            engine.retire(version)

    async def _load(self, engine: Engine, version: str) -> bool:
        if version in self._refused:
            return False
        try:
            folder = self._adapters.resolve(version)
            task = partial(Bank.add, version=version, folder=folder)
            await asyncio.wrap_future(engine.call(task))
        except ModelError as error:
            self._refused.add(version)
            self.metrics.reload_failures.inc()
            logger.warning("adapter not loaded", extra={"version": version, "reason": str(error)})
            return False
        return True

    def _use(self, lineup: Lineup) -> None:
        self.lineup = lineup
        self.metrics.info.clear()
        for name, root in lineup.roots().items():
            self.metrics.info.labels(name, shown(root)).set(1)
            self.metrics.serve(shown(root))
        logger.info("models in use", extra=self.facts())
