"""The route for ratings of answers."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request

from docs_qa.api.routes import BODY_PROBLEMS, versioned
from docs_qa.rag_api.runtime import Runtime
from docs_qa.rag_api.schemas import (
    FeedbackRequest,
    FeedbackResponse,
)


def routes(runtime: Runtime) -> APIRouter:
    """`/v1/feedback`."""
    router = versioned("feedback")

    @router.post("/feedback", status_code=201, responses=BODY_PROBLEMS)
    async def feedback(body: FeedbackRequest, request: Request) -> FeedbackResponse:
        """Rate an answer; a later rating of the same answer replaces the first."""
        keep = runtime.opened().feedback.rate
        caller = request.state.caller
        await asyncio.to_thread(keep, body.request_id, caller, body.rating, body.comment)
        runtime.metrics.feedback.labels(body.rating).inc()
        return FeedbackResponse(request_id=body.request_id, rating=body.rating)

    return router
