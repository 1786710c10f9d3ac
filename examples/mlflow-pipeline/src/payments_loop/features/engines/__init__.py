"""Engines that run the SQL of a problem; a module here with `engine(settings) -> Engine` is one."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import datetime
from typing import Protocol

import polars as pl

from payments_loop.features.errors import FeatureError
from payments_loop.features.settings import Settings
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.problem.schema import Which


class Engine(Protocol):
    """Runs the SQL of a problem on the rows of a lake.

    Attributes:
        identity: name and version: another one's results are not taken from the cache.
    """

    @property
    def identity(self) -> str: ...

    def run(
        self,
        problem: Problem,
        lake: Lake,
        which: Which,
        *,
        start: datetime,
        end: datetime,
        as_of: datetime,
    ) -> pl.DataFrame:
        """Run `spine.sql`, `features.sql` or `labels.sql` for decisions with start <= at < end.

        Nothing that became known after `as_of` is seen, and no history beyond the lookback.

        Returns:
            As described by `relations.spine`, `relations.assembled` and `relations.labels`.

        Raises:
            FeatureError: the SQL fails, or does not give what the problem describes.
        """
        ...


def names() -> list[str]:
    """The engines that there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def open_engine(settings: Settings | None = None) -> Engine:
    """The engine that `config/features.toml` names.

    Raises:
        FeatureError: there is none of this name, or what it needs is not installed.
    """
    settings = settings or Settings.load()
    if settings.engine not in names():
        known = ", ".join(names())
        raise FeatureError(
            f"config/features.toml: no engine {settings.engine!r}; there are {known}"
        )
    module = importlib.import_module(f"{__name__}.{settings.engine}")
    found: Engine = module.engine(settings)
    return found
