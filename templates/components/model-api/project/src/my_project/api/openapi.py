"""The FastAPI application, and the description of the API that it publishes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from copy import deepcopy
from typing import Any

import numpy as np
from fastapi import FastAPI

from my_project.bundle import Bundle, Feature

from .problems import MEDIA_TYPE
from .service import Service

DESCRIPTION = """Scores rows with the champion model, and says which version decided.

Errors are problem details (RFC 9457). Send `X-Request-ID` to find a request in the logs again."""

API_VERSION = "1"  # of the interface, as in /v1; releases of the package do not change it

FLOAT32_MAX = float(np.finfo(np.float32).max)

Schema = dict[str, Any]


class Api(FastAPI):
    """FastAPI, with a description that knows the features of the loaded model."""

    def __init__(
        self,
        service: Service,
        lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ) -> None:
        super().__init__(
            title="My Project",
            version=API_VERSION,
            description=DESCRIPTION,
            lifespan=lifespan,
            redoc_url=None,
            swagger_ui_oauth2_redirect_url=None,
        )
        self._service = service
        self._described: tuple[Bundle, Schema] | None = None

    def static_paths(self) -> frozenset[str]:
        """All paths without parameters."""
        paths = {*super().openapi()["paths"], "/docs", "/openapi.json"}
        return frozenset(path for path in paths if "{" not in path)

    def generic(self) -> Schema:
        """The description that holds for any model."""
        schema = deepcopy(super().openapi())
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if not status.startswith("2"):
                        response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        return schema

    def openapi(self) -> Schema:
        """The description for the champion: names, ranges and categories of its features."""
        lineup = self._service.lineup
        if lineup is None:
            return self.generic()
        bundle = lineup.champion.bundle
        if self._described is None or self._described[0] is not bundle:
            schema = self.generic()
            body = schema["components"]["schemas"]["PredictionRequest"]
            body["properties"]["features"] = features_schema(bundle)
            self._described = (bundle, schema)
        return self._described[1]


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
