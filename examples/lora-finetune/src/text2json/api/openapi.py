"""The FastAPI application, and the descriptions of the API that it publishes."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from .problems import MEDIA_TYPE
from .service import Schema, Service

DESCRIPTION = """Errors are problem details (RFC 9457).

Send `X-Request-ID` to find a request in the logs again."""

API_VERSION = "1"  # of the interface, as in /v1; releases of the package do not change it
PROBLEM = {"$ref": "#/components/schemas/ProblemDetails"}
REFERENCE = re.compile(r"#/components/(\w+)/(.+)")


class Api(FastAPI):
    """FastAPI, with a description that plugins refine while the service runs."""

    def __init__(
        self,
        service: Service,
        lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ) -> None:
        super().__init__(
            title="Text2json",
            version=API_VERSION,
            description=DESCRIPTION,
            lifespan=lifespan,
            redoc_url=None,
            swagger_ui_oauth2_redirect_url=None,
        )
        self._service = service

    def static_paths(self) -> frozenset[str]:
        """All paths without parameters."""
        paths = {*super().openapi()["paths"], "/docs", "/openapi.json"}
        return frozenset(path for path in paths if "{" not in path)

    def generic(self) -> Schema:
        """The description that holds whatever the state of the service is.

        All errors are problem details, those too that FastAPI documents by itself.
        """
        schema = deepcopy(super().openapi())
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST:
                        response["content"] = {MEDIA_TYPE: {"schema": PROBLEM}}
        for unused in ("HTTPValidationError", "ValidationError"):  # what FastAPI would answer
            schema["components"]["schemas"].pop(unused, None)
        return schema

    def openapi(self) -> Schema:
        """The description of the service as it is now."""
        schema = self.generic()
        for hook in self._service.openapi_hooks:
            hook(schema)
        return schema

    def documents(self) -> dict[str, Schema]:
        """The generic description, one document for each tag; independent of the others."""
        schema = self.generic()
        tags = {
            tag
            for operations in schema["paths"].values()
            for operation in operations.values()
            for tag in operation.get("tags", ())
        }
        return {tag: only(tag, schema) for tag in sorted(tags)}


def only(tag: str, schema: Schema) -> Schema:
    """The part of an OpenAPI document that is about the operations with `tag`."""
    paths = {}
    for path, operations in schema["paths"].items():
        chosen = {verb: found for verb, found in operations.items() if tag in found.get("tags", ())}
        if chosen:
            paths[path] = chosen
    components: Schema = {}
    _collect(paths, schema["components"], components)
    ordered = {section: dict(sorted(found.items())) for section, found in components.items()}
    return schema | {"paths": paths, "components": dict(sorted(ordered.items()))}


def _collect(part: Any, available: Schema, used: Schema) -> None:
    """Copy from `available` to `used` what `part` of a document refers to."""
    if isinstance(part, list):
        for item in part:
            _collect(item, available, used)
    elif isinstance(part, dict):
        for requirement in part.get("security", ()):
            for name in requirement:
                used.setdefault("securitySchemes", {})[name] = available["securitySchemes"][name]
        found = REFERENCE.fullmatch(str(part.get("$ref", "")))
        if found is not None and found[2] not in used.setdefault(found[1], {}):
            used[found[1]][found[2]] = available[found[1]][found[2]]
            _collect(used[found[1]][found[2]], available, used)
        for value in part.values():
            _collect(value, available, used)
