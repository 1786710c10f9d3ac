"""The documented routes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import APIKeyHeader
from prometheus_client.exposition import choose_encoder

from .hot import write
from .models import Model
from .predictor import Predictor
from .problems import FieldError, Problem
from .schemas import (
    BatchPrediction,
    BatchRequest,
    Instance,
    ModelDescription,
    ModelsResponse,
    Prediction,
    PredictionRequest,
    ProblemDetails,
)
from .service import Service

# Edge has checked the key already, for unknown paths too; this documents it.
API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route."""
    return {status: {"model": ProblemDetails} for status in statuses}


def prediction(service: Service, predictor: Predictor) -> APIRouter:
    """`/v1`: predictions and the models behind them."""
    router = APIRouter(
        prefix="/v1",
        tags=["prediction"],
        dependencies=[Depends(API_KEY)],
        responses=problems(401, 429, 500, 503),
    )
    bodies = problems(400, 408, 413, 422)

    @router.post("/predict", responses=bodies, response_model=Prediction)
    async def predict(body: PredictionRequest, request: Request) -> Response:
        """Score one row and decide on it."""
        return await answer([body], request, single=True)

    @router.post("/predict/batch", responses=bodies, response_model=BatchPrediction)
    async def predict_batch(body: BatchRequest, request: Request) -> Response:
        """Score several rows; either all are answered, or the request is refused."""
        most = service.settings.max_instances
        if len(body.instances) > most:
            wrong = FieldError("/instances", f"must have at most {most} items")
            raise Problem("invalid-input", f"instances {wrong.detail}", errors=[wrong])
        return await answer(body.instances, request, single=False)

    async def answer(
        bodies: list[PredictionRequest], request: Request, *, single: bool
    ) -> Response:
        instances = [Instance(dict(body.features), body.key) for body in bodies]
        identity = request.state.request_id
        decisions = await predictor.predict(instances, identity, request.receive, single=single)
        return Response(write(decisions, single=single), media_type="application/json")

    @router.get("/model")
    async def model() -> ModelsResponse:
        """The models in use, what they accept, and a row to try."""
        lineup = service.lineup
        if lineup is None:
            raise Problem("not-ready", "Try again when /readyz answers 200", retry_after=5)
        settings = service.settings
        challenger = lineup.challenger
        return ModelsResponse(
            champion=describe(lineup.champion, "champion"),
            challenger=describe(challenger, "challenger") if challenger else None,
            challenger_mode=settings.challenger,
            challenger_share=settings.challenger_share if settings.challenger == "split" else 0,
            example=lineup.champion.bundle.examples()[0],
        )

    return router


def describe(model: Model, alias: str) -> ModelDescription:
    """What callers may know about a model."""
    manifest = model.bundle.manifest
    return ModelDescription(
        alias=alias,
        version=manifest.version,
        created=manifest.created,
        threshold=manifest.threshold,
        decisions=manifest.decisions,
        metrics=manifest.metrics,
        features=manifest.features,
    )


def operation(service: Service) -> APIRouter:
    """Probes and metrics; without a key, for kubelet and Prometheus."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Whether the process answers; says nothing about the model."""
        return {"status": "ok"}

    @router.get("/readyz", responses=problems(503))
    async def readyz() -> dict[str, str]:
        """Whether requests should be sent here: a model is loaded and no shutdown has begun."""
        if service.draining:
            raise Problem("draining", "A shutdown has begun")
        if service.lineup is None:
            raise Problem("not-ready", "No champion could be loaded yet")
        return {"status": "ready", "model_version": service.lineup.champion.version}

    @router.get("/metrics", response_class=Response)
    async def metrics(accept: Annotated[str, Depends(_accept)]) -> Response:
        """Metrics for Prometheus."""
        encoder, media_type = choose_encoder(accept)
        return Response(encoder(service.registry), headers={"content-type": media_type})

    return router


def _accept(request: Request) -> str:
    return request.headers.get("accept", "")
