"""`config/tabular-model.toml`, typed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from fraud_scoring.bundle import Costs

from .errors import TrainingError

PATH = Path("config/tabular-model.toml")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Data(_Section):
    """Where the rows come from, and what their columns mean; see `data/README.md`."""

    source: str
    target: str
    time: str
    positive: str | int | None = None
    target_above: float | None = None
    id: str | None = None
    amount: str | None = None
    truth: str | None = None
    drop: tuple[str, ...] = ()
    as_of: AwareDatetime | None = None
    max_age_days: float | None = Field(default=None, gt=0)
    rows: int = Field(default=120_000, ge=1)
    weeks: int = Field(default=26, ge=1)

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if self.positive is not None and self.target_above is not None:
            raise ValueError("give `positive` or `target_above`, not both")
        return self

    @property
    def generated(self) -> bool:
        """Whether the rows are generated rather than read."""
        return self.source == "generator"


class Split(_Section):
    """Shares of the rows in order of time, the days left out before the test set, and CV folds."""

    train: float = Field(gt=0, lt=1)
    calibration: float = Field(gt=0, lt=1)
    validation: float = Field(gt=0, lt=1)
    label_delay_days: float = Field(default=0, ge=0)
    folds: int = Field(default=3, ge=2)

    @model_validator(mode="after")
    def _leaves_a_test_set(self) -> Self:
        if self.train + self.calibration + self.validation > 0.95:  # noqa: PLR2004
            raise ValueError("at least 0.05 of the rows must be left for the test set")
        return self


class Model(_Section):
    """Settings of the gradient-boosted trees; every `max_leaf_nodes` is tried."""

    max_leaf_nodes: tuple[int, ...] = Field(min_length=1)
    max_iter: int = Field(ge=1)
    learning_rate: float = Field(gt=0, le=1)
    min_samples_leaf: int = Field(ge=1)
    l2_regularization: float = Field(ge=0)


class Gate(_Section):
    """Bounds that a version must keep to be promoted."""

    max_calibration_error: float = Field(gt=0, lt=1)
    max_parity_difference: float = Field(gt=0, lt=1)


class Slices(_Section):
    """Columns by whose values the results are compared."""

    columns: tuple[str, ...] = ()


class Override(_Section):
    """What an inferred feature cannot know about itself."""

    minimum: float | None = None
    maximum: float | None = None
    nullable: bool | None = None
    description: str | None = None
    unit: str | None = None


class Config(_Section):
    """The whole file."""

    seed: int = Field(ge=0)
    threads: int = Field(default=1, ge=1)
    decisions: tuple[str, str]
    data: Data
    split: Split
    costs: Costs
    model: Model
    gate: Gate
    slices: Slices = Slices()
    features: dict[str, Override] = {}

    @model_validator(mode="after")
    def _loses_something(self) -> Self:
        amount = self.data.amount
        if amount is None and self.costs.fee == 0:
            raise ValueError("costs: without an amount, a missed positive must cost a `fee`")
        if amount is not None and amount in self.data.drop:
            raise ValueError("data: decisions depend on `amount`, so it cannot be dropped")
        if self.costs.amount not in (None, amount):
            raise ValueError("costs: the amount is given in [data]")
        return self

    @property
    def policy(self) -> Costs:
        """The costs, with the amount they depend on."""
        return self.costs.model_copy(update={"amount": self.data.amount})


def load(path: Path = PATH) -> Config:
    """Read and check the configuration.

    Raises:
        TrainingError: the file is missing, no TOML, or has a wrong key or value; names them all.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Config.model_validate(content)
    except OSError as error:
        raise TrainingError(f"{path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"{path}: {error}") from error
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise TrainingError(f"{path}: " + "; ".join(problems)) from error
