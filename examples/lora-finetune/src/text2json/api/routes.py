"""The routes that every service has, and how plugins make theirs."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import APIKeyHeader
from prometheus_client.exposition import choose_encoder
from pydantic import BaseModel, Field

from .problems import NOT_READY, Problem
from .service import Service

# Edge has checked the key already, for unknown paths too; this documents it.
API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False)


class FieldProblem(BaseModel):
    """One wrong field."""

    pointer: str = Field(description="JSON pointer into the request body")
    detail: str


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldProblem] = []


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route: its argument `responses`."""
    return {status: {"model": ProblemDetails} for status in statuses}


def versioned(tag: str) -> APIRouter:
    """A router for routes under `/v1` that need a key.

    Args:
        tag: names the group in the documentation, and its file `docs/openapi/<tag>.json`.
    """
    return APIRouter(
        prefix="/v1",
        tags=[tag],
        dependencies=[Depends(API_KEY)],
        responses=problems(401, 429, 500, 503),
    )


#: Document the errors of a route that reads a body.
BODY_PROBLEMS = problems(400, 408, 413, 422)


def about(service: Service) -> APIRouter:
    """`GET /v1`: what this is."""
    router = versioned("service")
    started = datetime.now(UTC).isoformat(timespec="seconds")

    @router.get("")
    async def describe() -> dict[str, Any]:
        """What answers here, and in which state it is."""
        known = {"service": "text2json", "started": started}
        return known | {"ready": service.obstacle() is None} | service.state()

    return router


def operation(service: Service) -> APIRouter:
    """Probes and metrics; without a key, for kubelet and Prometheus."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Whether the process answers; says nothing about what it needs."""
        return {"status": "ok"}

    @router.get("/readyz", responses=problems(503))
    async def readyz() -> dict[str, Any]:
        """Whether requests should be sent here: all is loaded and no shutdown has begun."""
        reason = service.obstacle()
        if reason is not None:
            raise Problem(NOT_READY, reason)
        return {"status": "ready"} | service.state()

    @router.get("/metrics", response_class=Response)
    async def metrics(accept: Annotated[str, Depends(_accept)]) -> Response:
        """Metrics for Prometheus."""
        encoder, media_type = choose_encoder(accept)
        return Response(encoder(service.registry), headers={"content-type": media_type})

    return router


def _accept(request: Request) -> str:
    return request.headers.get("accept", "")
