"""`/v1/chat/completions` and `/v1/models`, in OpenAI's format."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPBearer
from starlette.responses import JSONResponse, Response

from text2json.api.gone import unless_gone
from text2json.api.problems import Problem
from text2json.api.routes import BODY_PROBLEMS, problems, versioned

from . import kinds, streaming
from .answering import Answering
from .jobs import Finished
from .names import shown
from .prompts import Prompts
from .runtime import Runtime
from .schemas import (
    AnswerMessage,
    ChatChoice,
    ChatCompletion,
    ChatRequest,
    ServedModel,
    ServedModels,
)

PATH = "/v1/chat/completions"
# Edge has checked the key already; this documents where OpenAI's clients put it.
BEARER = HTTPBearer(auto_error=False)

EVENT = {
    "type": "object",
    "properties": {
        "data": {"type": "string", "description": "A chunk of the completion as JSON, or [DONE]"}
    },
    "required": ["data"],
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "With `stream`: chunks as server-sent events, then `[DONE]`",
        "content": {"text/event-stream": {"itemSchema": EVENT}},
    }
}


def routes(runtime: Runtime) -> APIRouter:
    """The routes."""
    settings = runtime.settings
    router = versioned("chat")
    prompts = Prompts(runtime)

    @router.post(
        "/chat/completions",
        response_model=ChatCompletion,
        responses=BODY_PROBLEMS | problems(404) | STREAM,
        dependencies=[Depends(BEARER)],
    )
    async def chat_completions(body: ChatRequest, request: Request) -> Response:
        """Continue a conversation."""
        engine = runtime.engine
        version = resolve(runtime, body.model, body.user or request.state.caller)
        prompt, sampling = await prompts.read(body)
        answering = Answering(
            engine, version, prompt, sampling, patience=settings.llm_queue_seconds
        )
        head = {
            "id": f"chatcmpl-{request.state.request_id}",
            "created": int(time.time()),
            "model": shown(version),
        }
        try:
            await unless_gone(request, answering.begun())
            if not body.stream:
                return await unless_gone(request, whole(answering, head))
        except BaseException:
            answering.close()
            raise
        usage = bool(body.stream_options and body.stream_options.include_usage)
        keep_alive = settings.llm_keep_alive_seconds
        content = streaming.stream(answering, head, usage=usage, keep_alive=keep_alive)
        return StreamingResponse(content, media_type="text/event-stream", headers=streaming.HEADERS)

    @router.get("/models", dependencies=[Depends(BEARER)])
    async def models() -> ServedModels:
        """The names that requests can have under `model`."""
        found = runtime.lineup.roots()
        return ServedModels(data=[served(runtime, name, found[name]) for name in found])

    @router.get("/models/{name}", dependencies=[Depends(BEARER)], responses=problems(404, 422))
    async def one_model(name: str) -> ServedModel:
        """One of these names."""
        roots = runtime.lineup.roots()
        if name not in roots:
            raise unknown(runtime)
        return served(runtime, name, roots[name])

    return router


def served(runtime: Runtime, name: str, version: str | None) -> ServedModel:
    """The description of a name."""
    return ServedModel(id=name, created=runtime.created, root=shown(version))


def resolve(runtime: Runtime, name: str, caller: str) -> str | None:
    """The version that answers.

    Raises:
        Problem: there is no such name.
    """
    try:
        return runtime.lineup.resolve(name, caller, runtime.settings.llm_challenger_share)
    except KeyError:
        raise unknown(runtime) from None


def unknown(runtime: Runtime) -> Problem:
    """There is no such name; these there are."""
    names = ", ".join(runtime.lineup.roots())
    return Problem(kinds.NO_MODEL, f"The model does not exist; there are: {names}")


async def whole(answering: Answering, head: dict[str, Any]) -> Response:
    """The completion in one piece.

    Raises:
        Problem: it broke off.
    """
    text = ""
    while not isinstance(event := await answering.next(), Finished):
        text += event.text
    choice = ChatChoice(message=AnswerMessage(content=text), finish_reason=event.reason)  # type: ignore[arg-type]
    answer = ChatCompletion(choices=[choice], usage=streaming.counted(event), **head)
    return JSONResponse(answer.model_dump(mode="json"))
