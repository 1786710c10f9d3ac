"""The description of the API for the model in use: names, ranges and categories of its features."""

import numpy as np

from payments_loop.api.service import Schema
from payments_loop.bundle import Bundle, Feature

from .models import InUse

FLOAT32_MAX = float(np.finfo(np.float32).max)


def describe_features(schema: Schema, in_use: InUse) -> None:
    """Say in `schema` which features the champion accepts, if there is one."""
    if in_use.lineup is not None:
        body = schema["components"]["schemas"]["PredictionRequest"]
        body["properties"]["features"] = features_schema(in_use.lineup.champion.bundle)


def features_schema(bundle: Bundle) -> Schema:
    """JSON schema of a row for `bundle`."""
    return {
        "type": "object",
        "title": "Features",
        "properties": {feature.name: value_schema(feature) for feature in bundle.features},
        "required": [feature.name for feature in bundle.features if not feature.nullable],
        "additionalProperties": False,
        "examples": [bundle.examples()[0]],
    }


def value_schema(feature: Feature) -> Schema:
    """JSON schema of one value."""
    schema: Schema
    if feature.categories is not None:
        schema = {"type": "string", "enum": list(feature.categories)}
    else:
        low, high = feature.minimum, feature.maximum
        schema = {
            "type": "number",
            "minimum": -FLOAT32_MAX if low is None else low,
            "maximum": FLOAT32_MAX if high is None else high,
        }
    if feature.nullable:
        schema = {"anyOf": [schema, {"type": "null"}]}
    text = feature.description + (f" ({feature.unit})" if feature.unit else "")
    return schema | ({"description": text} if text else {})
