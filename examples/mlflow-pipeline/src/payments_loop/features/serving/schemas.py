"""The bodies of the route: the row that a problem asks for, and the decision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
)

from payments_loop.features.relations import spine_column
from payments_loop.problem import Column, Problem

Answered = float | str | None
FLOAT32_MAX = float(np.finfo(np.float32).max)
LONGEST_TEXT = 256
FORBID = ConfigDict(extra="forbid")


class ScoreRequest(BaseModel):
    """Decisions to make."""

    model_config = FORBID

    rows: list[dict[str, Any]] = Field(
        min_length=1,
        description="The entities and request columns of the problem; `row_id` and `at` if known",
    )


class Scored(BaseModel):
    """One decision."""

    row_id: str
    at: AwareDatetime
    probability: float = Field(ge=0, le=1, description="Calibrated, of the positive outcome")
    decision: str
    threshold: float = Field(description="Of this row; with costs it depends on the amount")
    model_version: str
    features: dict[str, Answered] = Field(description="What the model was given")


class ScoreResponse(BaseModel):
    """Decisions in the order of the rows."""

    decisions: list[Scored]
    request_id: str


class Identity(BaseModel):
    """What every row may have, whatever the problem."""

    model_config = ConfigDict(strict=True, extra="forbid")

    row_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_TEXT,
        description="Identifies the decision; sent again, it is not recorded twice",
    )
    at: AwareDatetime | None = Field(default=None, description="When; by default now")


def request_model(problem: Problem) -> type[BaseModel]:
    """A request of exactly the rows that `spine.sql` would give for this problem."""
    asked = dict.fromkeys((*problem.spine.entities, *problem.spine.request))
    columns = {name: spine_column(problem, name) for name in asked}
    fields: Any = {
        name: (_type(column) | None, None)
        if column.nullable and name not in problem.spine.entities
        else (_type(column), ...)
        for name, column in columns.items()
    }
    row = create_model("Row", __base__=Identity, **fields)
    rows: Any = list[row]  # type: ignore[valid-type]
    return create_model("Rows", __config__=FORBID, rows=(rows, Field(min_length=1)))


def _type(column: Column) -> Any:
    """The type of a value, with everything that the problem says about it."""
    about: dict[str, Any] = {}
    if text := column.description + (f" ({column.unit})" if column.unit else ""):
        about["description"] = text
    if column.values is not None:
        return Annotated[Literal[column.values], Field(**about)]
    if column.type == "string":
        return Annotated[str, Field(max_length=LONGEST_TEXT, **about)]
    if column.type == "boolean":
        return Annotated[bool, Field(**about)]
    if column.type == "datetime":
        return Annotated[AwareDatetime, Field(**about)]
    low = -FLOAT32_MAX if column.minimum is None else column.minimum
    high = FLOAT32_MAX if column.maximum is None else column.maximum
    if column.type == "integer":
        low, high = int(max(low, -(2**53))), int(min(high, 2**53))
        return Annotated[int, Field(ge=low, le=high, **about), BeforeValidator(_whole)]
    return Annotated[float, Field(ge=low, le=high, allow_inf_nan=False, **about)]


def _whole(value: object) -> object:
    """JSON knows no integers: 2.0 is one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
