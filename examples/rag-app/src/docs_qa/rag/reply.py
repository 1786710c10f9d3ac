"""One reply of a chat model while it arrives: its text, when it began, what it used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from docs_qa.rag import conventions
from docs_qa.rag.events import Usage
from docs_qa.rag.settings import AnswersConfig, Price
from docs_qa.rag.tracing import Value

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk
    from langchain_core.messages.ai import UsageMetadata

_MILLION = 1_000_000
# These providers always say why a reply ended; a reply of theirs without that was cut by the network.
_SAY_WHY = {"openai", "azure_openai", "anthropic", "ollama"}
_REASONS = ("finish_reason", "stop_reason", "done_reason")
_AT_LIMIT = {"length", "max_tokens"}


class BrokenOffError(ConnectionError):
    """A stream ended without text, or before the model said that it was done."""


class Reply:
    """Reads one stream; to be used once.

    Attributes:
        begun: whether text has arrived.
    """

    def __init__(self, provider: str) -> None:
        self.begun = False
        self._provider = provider
        self._text: list[str] = []
        self._usage: UsageMetadata | None = None
        self._reason = ""
        self._model: str | None = None
        self._first: float | None = None

    @property
    def cut(self) -> bool:
        """Whether the model stopped because its reply became too long."""
        return self._reason.lower() in _AT_LIMIT

    async def read(
        self,
        stream: AsyncIterator[AIMessageChunk],
        first_token: float,
        deadline: float,
    ) -> AsyncGenerator[str]:
        """Yield the text as it arrives.

        Args:
            stream: of a LangChain chat model; it is closed in the end, which ends the request.
            first_token: seconds that the first text may take.
            deadline: of the whole, on the monotonic clock.

        Raises:
            TimeoutError: it took too long.
            BrokenOffError: it ended early.
            CancelledError: nobody waits for it any more.
        """
        start = time.monotonic()
        first = start + first_token
        async with aclosing(stream):  # type: ignore[type-var]  # astream is a generator
            while True:
                limit = deadline if self.begun else min(first, deadline)
                # Not around the loop: a time limit must not strike in the code that we yield to.
                async with asyncio.timeout(limit - time.monotonic()):
                    chunk = await anext(stream, None)
                _leave_if_cancelled()
                if chunk is None:
                    break
                self._note(chunk)
                if text := str(chunk.text):
                    if not self.begun:
                        self.begun = True
                        self._first = time.monotonic() - start
                    self._text.append(text)
                    yield text
        if not self.begun or (self._provider in _SAY_WHY and not self._reason):
            raise BrokenOffError

    def _note(self, chunk: AIMessageChunk) -> None:
        from langchain_core.messages.ai import add_usage

        if chunk.usage_metadata:
            self._usage = add_usage(self._usage, chunk.usage_metadata)
        metadata: Mapping[str, Any] = chunk.response_metadata
        self._reason = next(
            (str(metadata[key]) for key in _REASONS if metadata.get(key)), self._reason
        )
        self._model = metadata.get("model_name") or metadata.get("model") or self._model

    def usage(self, price: Price | None) -> Usage:
        """Return what it used; the cost is None if the price or the tokens are unknown."""
        if self._usage is None:
            return Usage(cost_usd=None)
        tokens_in, tokens_out = self._usage["input_tokens"], self._usage["output_tokens"]
        cost = (tokens_in * price.input + tokens_out * price.output) / _MILLION if price else None
        return Usage(tokens_in, tokens_out, cost)

    def request(self, name: str, config: AnswersConfig, attempt: int) -> dict[str, Value | None]:
        """Return the span attributes that are known before the call."""
        return {
            conventions.PROVIDER: self._provider,
            conventions.REQUEST_MODEL: name.partition(":")[2] or name,
            conventions.REQUEST_STREAM: True,
            conventions.REQUEST_MAX_TOKENS: config.sampling.max_output_tokens,
            conventions.ATTEMPT: attempt,
        }

    def response(self, usage: Usage, *, content: bool) -> dict[str, Value | None]:
        """Return the span attributes that are known after it."""
        return {
            conventions.RESPONSE_MODEL: self._model,
            conventions.RESPONSE_FINISH_REASONS: [self._reason] if self._reason else None,
            conventions.FIRST_CHUNK: self._first,
            conventions.INPUT_TOKENS: usage.input_tokens if self._usage else None,
            conventions.OUTPUT_TOKENS: usage.output_tokens if self._usage else None,
            conventions.COST: usage.cost_usd,
            conventions.OUTPUT_MESSAGES: ["".join(self._text)] if content else None,
        }


def _leave_if_cancelled() -> None:
    """Stop where a client swallowed a cancellation.

    `asyncio.wait_for`, which clients use, does so before Python 3.12 when a piece arrives just then:
    the model would write, and be paid, to the end of an answer that nobody reads.
    """
    if (task := asyncio.current_task()) and task.cancelling():
        raise asyncio.CancelledError
