"""Answers as server-sent events: one JSON object per event."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import msgspec
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from docs_qa.api.problems import INTERNAL, Problem
from docs_qa.rag.events import (
    Done,
    Event,
    Failed,
    Meta,
    Sources,
    Token,
)
from docs_qa.rag_api.answering import Answering
from docs_qa.rag_api.kinds import failure

logger = logging.getLogger(__name__)

# Proxies such as nginx would collect an answer and deliver it at its end.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

_NAMES = {Meta: "meta", Sources: "sources", Token: "token", Done: "done"}


async def stream(answering: Answering, request_id: str, keep_alive: float) -> AsyncIterator[bytes]:
    """Encode events until the last one; a failure becomes the event `problem`.

    When the caller goes away the server closes this generator, which stops the answer.
    """
    try:
        while True:
            try:
                event = await answering.next(keep_alive)
            except TimeoutError:
                yield KEEPALIVE_COMMENT
                continue
            if event is None:
                return
            yield encode(event, request_id)
    except Exception:  # the status was sent: the problem has to be told in the stream
        logger.exception("answer failed")
        yield problem_event(Problem(INTERNAL, "The failure was logged"), request_id)
    finally:
        await answering.close()


def encode(event: Event, request_id: str) -> bytes:
    """One event as its bytes on the wire."""
    if isinstance(event, Failed):
        return problem_event(failure(event), request_id)
    data = msgspec.json.encode(event).decode()
    return format_sse_event(event=_NAMES[type(event)], data_str=data)


def problem_event(problem: Problem, request_id: str) -> bytes:
    """A problem after the start of the stream: the same document as an error response."""
    return format_sse_event(event="problem", data_str=problem.body(request_id).decode())
