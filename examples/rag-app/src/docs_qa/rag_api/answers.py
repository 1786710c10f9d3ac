"""The routes that answer: questions, search, and passages."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse
from starlette.responses import JSONResponse, Response

from docs_qa.api.gone import unless_gone
from docs_qa.api.problems import Problem
from docs_qa.api.routes import (
    BODY_PROBLEMS,
    problems,
    versioned,
)
from docs_qa.rag.events import (
    Done,
    Failed,
    Meta,
    Sources,
    Turn,
)
from docs_qa.rag_api import kinds, streaming
from docs_qa.rag_api.answering import Answering
from docs_qa.rag_api.gate import Gate
from docs_qa.rag_api.runtime import Runtime
from docs_qa.rag_api.schemas import (
    AnswerResponse,
    AskRequest,
    Found,
    Passage,
    SearchRequest,
    SearchResponse,
)
from docs_qa.store import StoreError

EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": ["meta", "sources", "token", "done", "problem"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "With `stream`: the events meta, sources, token..., then done or problem",
        "content": {EventSourceResponse.media_type: {"itemSchema": EVENT}},
    }
}


def routes(runtime: Runtime) -> APIRouter:
    """`/v1/ask`, `/v1/search`, `/v1/passages`."""
    settings = runtime.settings
    router = versioned("answers")
    gate = Gate(settings.ask_rate, settings.ask_burst, settings.ask_concurrency)

    @router.post(
        "/ask",
        response_model=AnswerResponse,
        responses=BODY_PROBLEMS | problems(504) | STREAM,
    )
    async def ask(body: AskRequest, request: Request) -> Response:
        """Answer from the documents, citing passages as `[number]`."""
        opened = runtime.opened()
        identity = request.state.request_id
        gate.enter(request)
        events = opened.assistant.ask(
            body.question,
            [Turn(message.role, message.content) for message in body.history],
            body.filters,
            k=body.k,
            request_id=identity,
        )
        answering = Answering(runtime.kept(events), gate.leave)
        try:
            await unless_gone(request, begun(answering))
            if not body.stream:
                return await unless_gone(request, whole(answering))
        except BaseException:
            await answering.close()
            raise
        content = streaming.stream(answering, identity, settings.keep_alive_seconds)
        return EventSourceResponse(content, headers=streaming.HEADERS)

    @router.post("/search", responses=BODY_PROBLEMS)
    async def search(body: SearchRequest, request: Request) -> SearchResponse:
        """Find passages, best first; no model is asked."""
        opened = runtime.opened()
        try:
            with gate.inside(request):
                found = await asyncio.to_thread(
                    opened.searcher.search, body.question, body.k, body.filters
                )
        except StoreError as error:
            raise Problem(kinds.SEARCH_FAILED, "The index cannot be searched now") from error
        return SearchResponse(
            hits=[
                Found(
                    passage=hit.chunk.id,
                    document=hit.chunk.document,
                    title=hit.chunk.title,
                    section=hit.chunk.section,
                    page=hit.chunk.page,
                    kind=hit.chunk.kind,
                    score=hit.score,
                    scores=dict(hit.scores),
                    text=hit.chunk.text,
                )
                for hit in found.hits
            ],
            seconds=dict(found.seconds),
        )

    @router.get("/passages/{passage}", responses=problems(404, 422))
    async def passages(passage: UUID) -> Passage:
        """A passage, and the text before and after it in its document."""
        found = await asyncio.to_thread(runtime.opened().passage, str(passage))
        if found is None:
            raise Problem(kinds.NO_PASSAGE, "Its document was changed or removed")
        return found

    return router


async def begun(answering: Answering) -> None:
    """Wait until there is an answer to come; before that, a failure has a status of its own.

    Raises:
        Problem: there will be none.
    """
    event = await answering.settle()
    if isinstance(event, Failed):
        raise kinds.failure(event)


async def whole(answering: Answering) -> Response:
    """The answer in one piece.

    Raises:
        Problem: it broke off.
    """
    parts: dict[type, Any] = {}
    while (event := await answering.next()) is not None:
        if isinstance(event, Failed):
            raise kinds.failure(event)
        parts[type(event)] = event
    meta, done = parts[Meta], parts[Done]
    found = parts.get(Sources, Sources(()))
    answer = AnswerResponse.model_validate(
        {
            "request_id": meta.request_id,
            "question": meta.question,
            "rewritten": meta.rewritten,
            "sources": found.sources,
            **{name: getattr(done, name) for name in Done.__slots__},
        }
    )
    return JSONResponse(answer.model_dump(mode="json"))
