"""What the steps work on: one folder with settings, data, models and records."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from my_project.pipeline.records import Records
from my_project.pipeline.settings import (
    FILE,
    RetrainingSettings,
    load,
)

if TYPE_CHECKING:
    from my_project.bundle import Registry
    from my_project.lake import Lake
    from my_project.problem import Problem
    from my_project.registry import ModelRegistry

RUNS = Path("data/pipeline/runs")


@dataclass(frozen=True)
class Workspace:
    """Opens each part when it is first needed: a step that only reads data imports no MLflow.

    Attributes:
        root: the folder of the project. Components read their own settings relative to the
            current folder, so it has to be that.
    """

    root: Path = Path()

    @cached_property
    def settings(self) -> RetrainingSettings:
        """What `config/retraining.toml` says."""
        return load(self.root / FILE)

    @cached_property
    def records(self) -> Records:
        """What the steps did so far."""
        return Records(self.root / RUNS)

    @cached_property
    def problem(self) -> Problem:
        """The problem that `config/pipeline.toml` names."""
        from my_project.problem import load_problem

        return load_problem(root=self.root)

    @cached_property
    def lake(self) -> Lake:
        """The data."""
        from my_project.lake import open_lake

        return open_lake(self.root)

    @cached_property
    def models(self) -> Registry:
        """The bundles on this machine, and their aliases."""
        from my_project.bundle import Registry

        return Registry(self.root / "models")

    @cached_property
    def registry(self) -> ModelRegistry:
        """Versions, aliases and audit, kept where the whole team sees them."""
        from my_project.registry import ModelRegistry
        from my_project.tracking import connect

        return ModelRegistry(connect(self.root), self.models)

    def follow(self) -> str:
        """Bring the models here in line with a registry on a server, where somebody may have promoted.

        Like a service, the pipeline goes on with the models that it has while the server is away.

        Returns:
            Why it could not be followed; empty if it could, or if nobody else writes to it.
        """
        from my_project.bundle import BundleError
        from my_project.registry import RegistryError
        from my_project.registry.follow import follow
        from my_project.registry.rest import RestSource
        from my_project.tracking.connection import VARIABLE

        uri = os.environ.get(VARIABLE, "")
        if not uri.startswith(("http://", "https://")):
            return ""
        source = RestSource(uri, token=os.environ.get("MLFLOW_TRACKING_TOKEN", ""))
        try:
            follow(source, self.models)
        except (RegistryError, BundleError) as error:
            return str(error)
        finally:
            source.close()
        return ""

    @property
    def maturity(self) -> timedelta:
        """Until a label counts."""
        return timedelta(days=self.problem.target.maturity_days)

    def history(self, as_of: datetime) -> timedelta:
        """Since when the lake has rows."""
        today = as_of.date()
        written = self.problem.tables.keys() & set(self.lake.tables())
        first = [day for name in written for day in self.lake.partitions(name)[:1]]
        return today - min([today, *first])

    def training_end(self, as_of: datetime) -> datetime:
        """Decisions before it are learned from; newer matured ones are for judging."""
        race = self.settings.race
        days = race.holdout_days if self.models.aliases() else race.first_holdout_days
        return as_of - self.maturity - timedelta(days=days)
