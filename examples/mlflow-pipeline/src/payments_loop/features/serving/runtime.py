"""Keeps the history of the running service up to date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import polars as pl
from deltalake.exceptions import DeltaError
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
)

from payments_loop.features import FeatureError, Online
from payments_loop.lake import Lake, LakeError, open_lake
from payments_loop.problem import Problem, ProblemError, load_problem

from .settings import FeatureSettings

logger = logging.getLogger(__name__)

BUCKETS = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1)
# Even without new rows, old ones leave the window.
_LONGEST = timedelta(hours=1)


class History(NamedTuple):
    """A problem, and what is known for it."""

    problem: Problem
    online: Online

    def record(self, frame: pl.DataFrame) -> None:
        """Remember decisions that are rows of a source table, for those that follow."""
        name = self.problem.spine.table
        if name is None:
            return
        table = self.problem.tables[name]
        own = [column for column in frame.columns if column in table.columns]
        names = {"row_id": table.key[0], "at": table.event_time}
        self.online.record(name, frame.select("row_id", "at", *own).rename(names).to_dicts())


class Runtime:
    """The problem, its history, and what is measured about them.

    Attributes:
        problem: None where the project has none.
        online: None until a history could be read.
        reason: why there is no history.
    """

    def __init__(self, settings: FeatureSettings, registry: CollectorRegistry) -> None:
        """Read the problem; a service without one runs, and says so."""
        self._settings = settings
        self._lake: Lake | None = None
        self._versions: Mapping[str, int] = {}
        self.problem: Problem | None = None
        self.online: Online | None = None
        self.reason = "the history has not been read yet"
        try:
            self.problem = load_problem(root=settings.root)
        except ProblemError as error:
            self.reason = str(error)
        self.duration = Histogram(
            "features_duration_seconds",
            "Duration of computing the features of a request",
            buckets=BUCKETS,
            registry=registry,
        )
        self._refreshed = Gauge(
            "features_refreshed_timestamp_seconds",
            "When the history was last found or made up to date",
            registry=registry,
        )
        self._failures = Counter(
            "features_refresh_failures",
            "Times that the lake could not be read",
            registry=registry,
        )

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Read the history before the first request; `/v1/predict` works without."""
        await asyncio.to_thread(self.refresh)
        yield
        if self.online is not None:
            self.online.close()

    async def follow(self) -> None:
        """Look for new rows again and again."""
        while True:
            await asyncio.sleep(self._settings.refresh_seconds)
            await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Read the lake if it has changed; a failure keeps what there is, and is counted."""
        if self.problem is None:
            return
        now = datetime.now(UTC)
        try:
            if self._lake is None:
                self._lake = open_lake(self._settings.root)
            self._update(self.problem, self._lake, now)
        except (FeatureError, LakeError, DeltaError, OSError) as error:
            self._failures.inc()
            self.reason = str(error)
            logger.warning("history not read", extra={"reason": str(error)})
        else:
            self._refreshed.set(now.timestamp())

    def _update(self, problem: Problem, lake: Lake, now: datetime) -> None:
        known = sorted(set(problem.tables) & set(lake.tables()))
        versions = {name: lake.version(name) for name in known}
        online = self.online
        if online is not None and online.as_of is not None:
            if versions == self._versions and now - online.as_of < _LONGEST:
                return
        else:
            online = Online(problem)
        online.refresh(lake, now)
        self.online, self._versions = online, versions

    def history(self) -> History | None:
        """What decisions are made from; None before it could be read."""
        if self.problem is None or self.online is None:
            return None
        return History(self.problem, self.online)
