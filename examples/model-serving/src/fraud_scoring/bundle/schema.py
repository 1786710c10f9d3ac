"""`bundle.json`: what a model takes, gives and is made of."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

FORMAT = 1
INPUT = "features"
OUTPUT = "probability"
VERSION_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
ALIASES = ("champion", "challenger", "previous")

FILE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"

FileName = Annotated[str, Field(pattern=FILE_PATTERN)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def is_version(name: str) -> bool:
    """Whether `name` may name a version: safe as a folder name, and not an alias."""
    return re.match(VERSION_PATTERN, name) is not None and name not in ALIASES


def is_file_name(name: str) -> bool:
    """Whether `name` may name a file of a bundle: it cannot lead out of the folder."""
    return re.match(FILE_PATTERN, name) is not None


class Feature(BaseModel):
    """One column of the model's input.

    `minimum` and `maximum` bound what is *valid* (an amount is never negative), not what training
    happened to see: a row outside them is refused, a row outside the training range is drift.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    kind: Literal["numeric", "categorical"]
    categories: tuple[str, ...] | None = None
    minimum: float | None = Field(default=None, allow_inf_nan=False)
    maximum: float | None = Field(default=None, allow_inf_nan=False)
    nullable: bool = True
    description: str = ""
    unit: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kind == "categorical":
            if not self.categories or len(set(self.categories)) != len(self.categories):
                raise ValueError(f"{self.name}: needs distinct categories")
            if self.minimum is not None or self.maximum is not None:
                raise ValueError(f"{self.name}: a categorical feature has no range")
        elif self.categories is not None:
            raise ValueError(f"{self.name}: a numeric feature has no categories")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"{self.name}: minimum is above maximum")
        return self


class Costs(BaseModel):
    """What a decision costs, all in `currency`.

    The positive decision (a review) costs `review`, and prevents the share `caught` of the loss.
    The loss is the row's `amount` (the name of a numeric feature, or None) plus `fee`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: float = Field(gt=0)
    fee: float = Field(ge=0)
    caught: float = Field(default=1, gt=0, le=1)
    amount: str | None = None
    currency: str = ""

    def thresholds(self, amount: NDArray[np.floating]) -> NDArray[np.float64]:
        """Probability from which a review pays, at most 1, for each amount [N]."""
        prevented = self.caught * (amount.astype(np.float64) + self.fee)
        pays: NDArray[np.float64] = self.review / np.maximum(prevented, self.review)
        return pays


class Manifest(BaseModel):
    """The contents of `bundle.json`.

    `threshold` is the probability from which the positive decision is taken. With `costs` that
    name an amount, it is the threshold of a typical row: each row has its own, see
    `Bundle.thresholds`. `decisions` names the two outcomes: below the threshold, and from it on.
    `files` maps each other file of the bundle to its SHA-256; besides those that every bundle has,
    there may be further ones, such as what a model is explained with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    version: str = Field(pattern=VERSION_PATTERN)
    created: AwareDatetime
    task: Literal["binary"] = "binary"
    features: tuple[Feature, ...] = Field(min_length=1)
    threshold: float = Field(ge=0, le=1)
    decisions: tuple[str, str] = ("negative", "positive")
    costs: Costs | None = None
    metrics: dict[str, float] = {}
    seed: int | None = None
    commit: str | None = None
    data_sha256: Sha256 | None = None
    files: dict[FileName, Sha256] = {}

    @model_validator(mode="after")
    def _distinct_names(self) -> Self:
        names = [feature.name for feature in self.features]
        if len(set(names)) != len(names):
            raise ValueError("two features have the same name")
        return self

    @model_validator(mode="after")
    def _amount_is_a_number(self) -> Self:
        if self.costs is None or self.costs.amount is None:
            return self
        numeric = [feature.name for feature in self.features if feature.kind == "numeric"]
        if self.costs.amount not in numeric:
            raise ValueError(f"costs: {self.costs.amount!r} is no numeric feature")
        return self
