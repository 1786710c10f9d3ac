"""The bodies of requests and responses.

Twice, on purpose: pydantic models document the API and explain errors; the msgspec structures
of the same shape read and write the bodies of valid prediction requests twenty times faster.
`tests/property/test_model_api_equivalence.py` holds the two to the same behaviour.
"""

from contextlib import suppress
from datetime import datetime
from math import isfinite
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from fraud_scoring.bundle import Feature

Key = Annotated[str, Field(max_length=256)]


def _value(value: object) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    with suppress(OverflowError):  # an integer that no float can hold
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return float(value)
    raise PydanticCustomError("feature_value", "must be a finite number, a string or null")


_ONE_OF = [{"type": "number"}, {"type": "string"}, {"type": "null"}]
Value = Annotated[
    float | str | None,
    PlainValidator(_value),  # a union would report one error for each of its members
    WithJsonSchema({"anyOf": _ONE_OF}),
]


class PredictionRequest(BaseModel):
    """One row to score."""

    model_config = ConfigDict(strict=True, extra="forbid")

    features: dict[str, Value] = Field(
        description="Values by feature name, as `GET /v1/model` lists them; absent or null = missing"
    )
    key: Key | None = Field(
        default=None,
        description="What routing sticks to, e.g. a customer number; never logged",
    )


class BatchRequest(BaseModel):
    """Several rows to score."""

    model_config = ConfigDict(strict=True, extra="forbid")

    instances: list[PredictionRequest] = Field(min_length=1)


class Prediction(BaseModel):
    """One decision."""

    probability: float = Field(
        ge=0, le=1, description="Calibrated probability of the positive class"
    )
    decision: str = Field(
        description="The positive outcome from `threshold` on, else the negative one"
    )
    threshold: float = Field(description="Of this row; with costs it depends on the amount")
    model_version: str
    request_id: str


class BatchPrediction(BaseModel):
    """Decisions in the order of the instances."""

    predictions: list[Prediction]


class ModelDescription(BaseModel):
    """A model in use."""

    alias: str
    version: str
    created: datetime
    threshold: float = Field(description="Of a typical row")
    decisions: tuple[str, str]
    metrics: dict[str, float]
    features: tuple[Feature, ...]


class ModelsResponse(BaseModel):
    """The models in use, how traffic is shared, and a row to try."""

    champion: ModelDescription
    challenger: ModelDescription | None
    challenger_mode: str
    challenger_share: float = Field(description="Share of keys that the challenger answers")
    example: dict[str, float | str | None]


class Instance(msgspec.Struct, forbid_unknown_fields=True):
    """One row to score, as the fast path reads it."""

    features: dict[str, float | str | None]
    key: Annotated[str, msgspec.Meta(max_length=256)] | None = None


class Instances(msgspec.Struct, forbid_unknown_fields=True):
    """Several rows to score, as the fast path reads them."""

    instances: Annotated[list[Instance], msgspec.Meta(min_length=1)]


class Decision(msgspec.Struct, gc=False):
    """One decision, as it is written."""

    probability: float
    decision: str
    threshold: float
    model_version: str
    request_id: str


class Decisions(msgspec.Struct):
    """Decisions in the order of the instances, as they are written."""

    predictions: list[Decision]


encode = msgspec.json.Encoder().encode
decode_one = msgspec.json.Decoder(Instance).decode
decode_many = msgspec.json.Decoder(Instances).decode
