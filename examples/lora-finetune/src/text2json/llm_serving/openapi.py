"""The description of the API for the models in use: their names."""

from __future__ import annotations

from text2json.api.service import Schema

from .runtime import Runtime


def describe_models(schema: Schema, runtime: Runtime) -> None:
    """Say in `schema` which names are served now."""
    names = list(runtime.lineup.roots())
    schema["components"]["schemas"]["ChatRequest"]["properties"]["model"]["enum"] = names
    [parameter] = schema["paths"]["/v1/models/{name}"]["get"]["parameters"]
    parameter["schema"]["enum"] = names
