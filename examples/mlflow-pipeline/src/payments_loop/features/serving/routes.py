"""`POST /v1/score`: the service looks up history, computes features, and decides."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError

from payments_loop.api.problems import (
    INVALID_INPUT,
    NOT_READY,
    FieldError,
    Kind,
    Problem,
    pointer,
)
from payments_loop.api.routes import BODY_PROBLEMS, problems, versioned
from payments_loop.api.service import Schema, Service
from payments_loop.features.errors import FeatureError, HistoryError
from payments_loop.prediction.predictor import Predictor, Predictors
from payments_loop.prediction.schemas import Instance

from .runtime import History, Runtime
from .schemas import Scored, ScoreRequest, ScoreResponse, request_model

ROW_TWICE = Kind("row-twice", 409, "Two rows have the same row_id")
OUT_OF_HISTORY = Kind("out-of-history", 409, "The history does not reach this time")


def routes(service: Service, runtime: Runtime, most: int) -> APIRouter:
    """The route; `most` rows per request."""
    router = versioned("score")
    body_of = None if runtime.problem is None else request_model(runtime.problem)

    @router.post("/score", responses=BODY_PROBLEMS | problems(409))
    async def score(body: ScoreRequest, request: Request) -> ScoreResponse:
        """Decide on rows that have just happened; their features come from history.

        With `row_id` of the table that decisions are about, a row is also remembered for those
        that follow.
        """
        predictor = service.shared(Predictors).current
        history = runtime.history()
        if history is None or body_of is None or predictor is None:
            raise Problem(NOT_READY, runtime.reason, retry_after=5)
        rows = read(body_of, await request.body(), most)
        del body
        started = time.perf_counter()
        frame = await asyncio.to_thread(computed, history, rows)
        runtime.duration.observe(time.perf_counter() - started)
        scored = await decide(history, predictor, frame, request)
        history.record(frame)
        return ScoreResponse(decisions=scored, request_id=request.state.request_id)

    return router


def read(model: type[BaseModel], body: bytes, most: int) -> list[dict[str, Any]]:
    """The rows of a request.

    Raises:
        Problem: there are too many, one does not fit (every wrong field is named), or comes twice.
    """
    try:
        rows = model.model_validate_json(body).model_dump()["rows"]
    except ValidationError as error:
        wrong = [
            FieldError(pointer(*found["loc"]), found["msg"])
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise Problem(INVALID_INPUT, "A row does not fit the problem", errors=wrong) from error
    if len(rows) > most:
        wrong = [FieldError("/rows", f"must have at most {most} items")]
        raise Problem(INVALID_INPUT, f"rows {wrong[0].detail}", errors=wrong)
    found: list[dict[str, Any]] = rows
    given = [row["row_id"] for row in found if row["row_id"] is not None]
    if len(set(given)) < len(given):
        raise Problem(ROW_TWICE, "Send each row_id once in a request")
    return found


def computed(history: History, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Spine and features of some rows.

    Raises:
        Problem: history does not reach that far, or features cannot be computed.
    """
    try:
        return history.online.frame(rows)
    except HistoryError as error:
        raise Problem(OUT_OF_HISTORY, str(error)) from error
    except FeatureError as error:
        raise Problem(INVALID_INPUT, str(error)) from error


async def decide(
    history: History,
    predictor: Predictor,
    frame: pl.DataFrame,
    request: Request,
) -> list[Scored]:
    """Score the features by the models in use: champion, challenger, shadow.

    Raises:
        Problem: the model takes other features, or not these values.
    """
    given = frame.select(list(history.problem.features)).to_dicts()
    entities = history.problem.spine.entities
    keys = frame[entities[0]].cast(pl.String).to_list() if entities else [None] * frame.height
    instances = [Instance(row, key) for row, key in zip(given, keys, strict=True)]
    try:
        decisions = await predictor.predict(
            instances, request.state.request_id, request.receive, single=False
        )
    except Problem as problem:
        raise translated(problem, history.problem.spine.request) from problem
    return [
        Scored(
            row_id=row_id,
            at=at,
            probability=one.probability,
            decision=one.decision,
            threshold=one.threshold,
            model_version=one.model_version,
            features=features,
        )
        for (row_id, at), one, features in zip(
            frame.select("row_id", "at").iter_rows(), decisions, given, strict=True
        )
    ]


def translated(problem: Problem, asked: tuple[str, ...]) -> Problem:
    """What the model refuses, in terms of this request; what the caller did not send is our fault."""
    if problem.kind is not INVALID_INPUT or not problem.errors:
        return problem
    name = problem.errors[0].pointer.rsplit("/", 1)[-1]
    if name not in asked:
        return Problem(NOT_READY, f"The model and the problem do not fit: {problem}")
    place = problem.errors[0].pointer.replace("/instances/", "/rows/").replace("/features/", "/")
    wrong = [FieldError(place, problem.errors[0].detail)]
    return Problem(INVALID_INPUT, str(problem), errors=wrong)


def describe(schema: Schema, runtime: Runtime) -> None:
    """Say in the live documentation which rows this problem takes."""
    if runtime.problem is None:
        return
    template = "#/components/schemas/{model}"
    rows = request_model(runtime.problem).model_json_schema(ref_template=template)
    schemas = schema["components"]["schemas"]
    schemas |= rows.pop("$defs")
    schemas["ScoreRequest"] = rows | {"title": "ScoreRequest"}
