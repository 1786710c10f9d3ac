"""The documented routes."""

from fastapi import APIRouter, Request, Response

from fraud_scoring.api.problems import (
    INVALID_INPUT,
    NOT_READY,
    FieldError,
    Problem,
)
from fraud_scoring.api.routes import BODY_PROBLEMS, versioned

from .hot import write
from .models import InUse, Model
from .predictor import Predictor
from .schemas import (
    BatchPrediction,
    BatchRequest,
    Instance,
    ModelDescription,
    ModelsResponse,
    Prediction,
    PredictionRequest,
)
from .settings import PredictionSettings


def prediction(settings: PredictionSettings, in_use: InUse, predictor: Predictor) -> APIRouter:
    """Predictions and the models behind them."""
    router = versioned("prediction")

    @router.post("/predict", responses=BODY_PROBLEMS, response_model=Prediction)
    async def predict(body: PredictionRequest, request: Request) -> Response:
        """Score one row and decide on it."""
        return await answer([body], request, single=True)

    @router.post("/predict/batch", responses=BODY_PROBLEMS, response_model=BatchPrediction)
    async def predict_batch(body: BatchRequest, request: Request) -> Response:
        """Score several rows; either all are answered, or the request is refused."""
        most = settings.max_instances
        if len(body.instances) > most:
            wrong = FieldError("/instances", f"must have at most {most} items")
            raise Problem(INVALID_INPUT, f"instances {wrong.detail}", errors=[wrong])
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
        lineup = in_use.lineup
        if lineup is None:
            raise Problem(NOT_READY, "Try again when /readyz answers 200", retry_after=5)
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
