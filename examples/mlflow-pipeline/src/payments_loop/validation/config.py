"""`config/validation.toml`: what is tolerated, and what happens beyond it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from payments_loop.lake.verdict import Severity

CONFIG = Path("config/validation.toml")
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ValidationConfigError(ValueError):
    """The configuration is malformed; the message names the file and the key."""


class Limits(BaseModel):
    """Sizes above which a finding gets a severity; one without a size is never given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warn: NonNegative | None = None
    quarantine: NonNegative | None = None
    block: NonNegative | None = None

    def severity(self, size: float) -> Severity:
        """The worst severity whose limit the size exceeds."""
        if self.block is not None and size > self.block:
            return "block"
        if self.quarantine is not None and size > self.quarantine:
            return "quarantine"
        return "warn" if self.warn is not None and size > self.warn else "pass"


class BatchLimits(BaseModel):
    """Limits of the checks of a batch; the file explains each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nulls: Limits = Limits(warn=0, quarantine=0.001)
    range: Limits = Limits(warn=0, quarantine=0.01)
    values: Limits = Limits(warn=0, quarantine=0.01)
    unique: Limits = Limits(warn=0)
    conflicts: Limits = Limits(warn=0, quarantine=0.001)
    repeated: Limits = Limits(warn=0.01)
    future: Limits = Limits(warn=0, quarantine=0.01)
    stale: Limits = Limits(warn=1)
    volume: Limits = Limits(warn=0.25)
    missing: Limits = Limits(warn=0.05, quarantine=0.3)
    scale: Limits = Limits(warn=1.5, quarantine=5)
    constant: Limits = Limits(quarantine=0)
    novelty: Limits = Limits(warn=0.05, quarantine=0.5)
    drift: Limits = Limits(warn=0.2, quarantine=1)
    hours: Limits = Limits(warn=0.2)
    clock: Limits = Limits(quarantine=0)
    swapped: Limits = Limits(quarantine=0)


class TableLimits(BaseModel):
    """Limits of the checks of a whole table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stale: Limits = Limits(warn=1, block=4)


class FeatureLimits(BaseModel):
    """Limits of the checks of built features."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Limits = Limits(block=0)
    nulls: Limits = Limits(warn=0, block=0.01)
    missing: Limits = Limits(warn=0.95)
    range: Limits = Limits(warn=0, block=0.01)
    values: Limits = Limits(warn=0, block=0.05)
    constant: Limits = Limits(warn=0)
    leak: Limits = Limits(warn=0.95, block=0.985)


class Reference(BaseModel):
    """What a batch is compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(default=28, ge=7)
    minimum_days: int = Field(default=14, ge=7)
    minimum_rows: int = Field(default=50, ge=1)
    rows_per_day: int = Field(default=20_000, ge=1000)
    false_alarms: float = Field(default=0.001, gt=0, lt=0.5)


class ReportSettings(BaseModel):
    """Where the reports go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path = Path("reports/validation")


class Config(BaseModel):
    """The whole file; every key has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: Reference = Reference()
    batch: BatchLimits = BatchLimits()
    table: TableLimits = TableLimits()
    features: FeatureLimits = FeatureLimits()
    tables: dict[str, BatchLimits] = {}
    report: ReportSettings = ReportSettings()

    @classmethod
    def load(cls, root: Path = Path()) -> Config:
        """Read the file of the project in ``root``; without one the defaults hold.

        Raises:
            ValidationConfigError: it is malformed or has an unknown key.
        """
        path = root / CONFIG
        if not path.exists():
            return cls()
        try:
            return _parsed(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ValidationConfigError(f"{path} cannot be read: {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ValidationConfigError(f"{path}: {key}: {first['msg']}") from error

    def limits(self, table: str) -> BatchLimits:
        """The limits for batches of one table."""
        return self.tables.get(table, self.batch)


@lru_cache(maxsize=4)
def _parsed(text: str) -> Config:
    """Read for every batch, and the same nearly always."""
    content = tomllib.loads(text)
    for name, limits in content.get("tables", {}).items():
        content["tables"][name] = content.get("batch", {}) | limits
    return Config.model_validate(content)
