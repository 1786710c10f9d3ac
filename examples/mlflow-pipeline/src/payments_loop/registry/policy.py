"""What a person decided about promotion: `config/registry.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import RegistryError

CONFIG = Path("config/registry.toml")


class Gate(BaseModel):
    """Conditions of promotion.

    Attributes:
        alpha: chance of promoting something when no challenger ranks better; shared by all of them.
        minimum_positives: positives, and negatives, without which nothing is compared.
        max_calibration_error: expected calibration error in ten bins of equal mass.
        max_bias: relative difference of predicted and observed share, beyond chance.
        slices: features whose values are looked at one by one.
        slice_floor: AUC that a slice may lose; more is refused if it is beyond chance.
        slice_positives: positives and negatives below which a slice is not judged.
        max_cost_increase: relative to the champion's cost on the same rows; more is refused if it
            is beyond chance.
        max_latency_ms: 99th percentile of the processor time for one row.
        max_size_mb: of the model file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alpha: float = Field(default=0.05, gt=0, lt=1)
    minimum_positives: int = Field(default=50, ge=2)
    max_calibration_error: float = Field(default=0.02, gt=0)
    max_bias: float = Field(default=0.25, gt=0)
    slices: tuple[str, ...] = ()
    slice_floor: float = Field(default=0.02, ge=0)
    slice_positives: int = Field(default=30, ge=2)
    max_cost_increase: float = Field(default=0.02, ge=0)
    max_latency_ms: float = Field(default=10, gt=0)
    max_size_mb: float = Field(default=50, gt=0)


class Canary(BaseModel):
    """When a challenger that answers a share of the traffic has shown enough.

    Attributes:
        minimum_rows: rows that it must have scored.
        max_latency_ratio: its mean scoring time, relative to the champion's.
        max_rate_difference: absolute difference of the shares of positive decisions, beyond chance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum_rows: int = Field(default=1000, ge=1)
    max_latency_ratio: float = Field(default=2, gt=0)
    max_rate_difference: float = Field(default=0.05, gt=0)


class Policy(BaseModel):
    """The contents of `config/registry.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gate: Gate = Gate()
    canary: Canary = Canary()


def load_policy(path: Path = CONFIG) -> Policy:
    """Read and check the policy.

    Raises:
        RegistryError: the file is missing or wrong; names the key.
    """
    try:
        return Policy.model_validate(tomllib.loads(path.read_text()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise RegistryError(f"{path}: {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path}: {error}") from error
