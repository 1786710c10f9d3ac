"""The house's schema: what a valid answer is, and whether it is the right one."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Depot = Annotated[str, Field(pattern=r"^D[1-6]$")]


class Item(BaseModel):
    """A thing by its code, and how many."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: str = Field(pattern=r"^[A-Z]{2}[0-9]$")
    count: int = Field(ge=1)


class Call(BaseModel):
    """One call of the warehouse; which fields it has depends on `call`."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    call: Literal["ship", "return", "move", "cancel"]
    name: str | None = None
    order: int | None = None
    items: list[Item] | None = Field(default=None, min_length=1)
    start: Depot | None = Field(default=None, alias="from")
    to: Depot | None = None
    day: int | None = Field(default=None, ge=1, le=7)
    urgent: Literal[1] | None = None
    reason: Literal["DMG", "LATE", "WRONG", "KEEP"] | None = None


def parse(text: str) -> Call | None:
    """The call that an answer says; None where it is no JSON or breaks the schema."""
    try:
        return Call.model_validate_json(text.strip())
    except ValidationError:
        return None


def correct(answer: str, expected: str) -> bool:
    """Whether an answer means what is expected; spaces and the order of keys do not count."""
    return _value(answer) is not None and _value(answer) == _value(expected)


def field_score(answer: str, expected: str) -> float:
    """Share of the fields, expected or answered, that are right: from 0 to 1."""
    found, wanted = _value(answer), _value(expected)
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return float(found is not None and found == wanted)
    keys = found.keys() | wanted.keys()
    missing = object()
    right = sum(found.get(key, missing) == wanted.get(key, missing) for key in keys)
    return right / len(keys) if keys else 1.0


def wrong_fields(answer: str, expected: str) -> list[str]:
    """Names of the fields that differ; `json` where the answer cannot be read at all."""
    found, wanted = _value(answer), _value(expected)
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return [] if found == wanted else ["json"]
    missing = object()
    keys = found.keys() | wanted.keys()
    return sorted(key for key in keys if found.get(key, missing) != wanted.get(key, missing))


def valid(answer: str) -> bool:
    """Whether an answer can be used at all, right or wrong."""
    return parse(answer) is not None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
