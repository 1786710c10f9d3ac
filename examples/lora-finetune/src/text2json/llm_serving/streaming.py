"""Completions as server-sent events, the way OpenAI's API sends them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from text2json.api.problems import Problem, failure

from .answering import Answering
from .jobs import Finished
from .kinds import openai_error
from .schemas import Usage

logger = logging.getLogger(__name__)

# Proxies such as nginx would collect an answer and deliver it at its end.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
DONE = format_sse_event(data_str="[DONE]")


async def stream(
    answering: Answering, head: dict[str, Any], *, usage: bool, keep_alive: float
) -> AsyncIterator[bytes]:
    """The events of a completion; a failure becomes an event with the member `error`.

    When the caller goes away the server closes this generator, which ends the work.

    Args:
        answering: the completion, begun.
        head: what every chunk repeats: id, created, model.
        usage: whether a last chunk tells the number of tokens.
        keep_alive: seconds without an event after which a comment is sent.
    """
    tail: dict[str, Any] = {"usage": None} if usage else {}

    def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _event({**head, "object": "chat.completion.chunk", "choices": [choice], **tail})

    try:
        yield chunk({"role": "assistant", "content": ""})
        while True:
            try:
                event = await answering.next(keep_alive)
            except TimeoutError:
                yield KEEPALIVE_COMMENT
                continue
            if isinstance(event, Finished):
                break
            yield chunk({"content": event.text})
        yield chunk({}, event.reason)
        if usage:
            told = {"choices": [], "usage": counted(event).model_dump()}
            yield _event({**head, "object": "chat.completion.chunk", **told})
        yield DONE
    except Problem as problem:  # the status was sent: it has to be told in the stream
        logger.warning("completion broke off", extra={"reason": problem.detail})
        yield _event(openai_error(problem))
    except Exception:
        logger.exception("completion failed")
        yield _event(openai_error(failure()))
    finally:
        answering.close()


def counted(end: Finished) -> Usage:
    """The usage of a completion."""
    return Usage(
        prompt_tokens=end.prompt_tokens,
        completion_tokens=end.completion_tokens,
        total_tokens=end.prompt_tokens + end.completion_tokens,
    )


def _event(document: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=msgspec.json.encode(document).decode())
