"""Streams a reply from the first chat model that works: limits, retries, breaker, fallback."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docs_qa.rag import conventions
from docs_qa.rag.answerer import Overloaded, Unavailable
from docs_qa.rag.breaker import CircuitBreaker
from docs_qa.rag.chat import provider_of
from docs_qa.rag.events import Usage
from docs_qa.rag.faults import Fault, classify
from docs_qa.rag.recorder import Recorder
from docs_qa.rag.reply import Reply
from docs_qa.rag.settings import AnswersConfig, Price
from docs_qa.rag.tracing import Span, Tracing

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A chat model with its circuit breaker; `price` is None when it is not known."""

    name: str
    model: BaseChatModel
    breaker: CircuitBreaker
    price: Price | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until the first token of an attempt, and until the end of everything."""

    first_token: float
    total: float


@dataclass(frozen=True, slots=True)
class _Order:
    """One call: what is sent, and how long it may take; `deadline` is of the monotonic clock."""

    messages: Sequence[BaseMessage]
    first_token: float
    deadline: float
    parent: Span | None


@dataclass(frozen=True, slots=True)
class Called:
    """The last thing of a reply: who wrote it, what it used, and whether it was cut at its limit."""

    model: str
    usage: Usage
    cut: bool


class _Failed(Exception):  # noqa: N818 (never leaves this module)
    """An attempt that did not work; `begun`: after its first token, so it cannot be repeated."""

    def __init__(self, fault: Fault, *, begun: bool) -> None:
        super().__init__(fault.kind)
        self.fault = fault
        self.begun = begun


class Caller:
    """Calls models; all state (breakers, places) is shared by all questions."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        config: AnswersConfig,
        recorder: Recorder,
        tracing: Tracing,
    ) -> None:
        """Prepare calls of the models, which are in order of preference; at least one."""
        self._endpoints = endpoints
        self._config = config
        self._recorder = recorder
        self._tracing = tracing
        self._places = asyncio.Semaphore(config.concurrency.calls)

    @property
    def name(self) -> str:
        """Name of the preferred model."""
        return self._endpoints[0].name

    async def stream(
        self,
        messages: Sequence[BaseMessage],
        limits: Limits,
        parent: Span | None = None,
    ) -> AsyncGenerator[str | Called]:
        """Yield the reply piece by piece, then one `Called`.

        Raises:
            Overloaded: no place became free in time.
            Unavailable: no model could begin a reply, or the reply broke off.
        """
        deadline = time.monotonic() + limits.total
        order = _Order(messages, limits.first_token, deadline, parent)
        async with self._place():
            failure: _Failed | None = None
            for endpoint in self._endpoints:
                if failure is not None:
                    self._recorder.model_call(endpoint.name, "fallback")
                attempts = self._attempts(endpoint, order)
                try:
                    async with aclosing(attempts):
                        async for piece in attempts:
                            yield piece
                except _Failed as error:
                    failure = error
                    if error.begun:
                        break
                else:
                    return
            raise self._unavailable(failure)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        wait = self._config.concurrency.wait
        try:
            async with asyncio.timeout(wait):
                await self._places.acquire()
        except TimeoutError:
            raise Overloaded("Too many answers are being written.", retry_after=wait) from None
        try:
            yield
        finally:
            self._places.release()

    async def _attempts(self, endpoint: Endpoint, order: _Order) -> AsyncGenerator[str | Called]:
        """Try one model until it begins a reply, as often as its failures may be transient."""
        retries = self._config.retries
        for attempt in range(1, retries.attempts + 1):
            if not endpoint.breaker.allow():
                self._recorder.model_call(endpoint.name, "open_circuit")
                wait = endpoint.breaker.retry_after
                raise _Failed(Fault("transient", retry_after=wait), begun=False)
            once = self._attempt(endpoint, order, attempt)
            try:
                async with aclosing(once):
                    async for piece in once:
                        yield piece
            except _Failed as error:
                delay = self._delay(error, attempt, order.deadline)
                if delay is None:
                    timeout = error.fault.timeout
                    self._recorder.model_call(endpoint.name, "timeout" if timeout else "error")
                    raise
                self._recorder.model_call(endpoint.name, "retry")
                await asyncio.sleep(delay)
            else:
                return

    def _delay(self, error: _Failed, attempt: int, deadline: float) -> float | None:
        """Seconds until the next attempt; None if this was the last.

        What took too long is not repeated: a slow model gets slower by being asked again.
        """
        fault, retries = error.fault, self._config.retries
        if error.begun or fault.timeout or fault.kind != "transient":
            return None
        if attempt == retries.attempts or (fault.retry_after or 0) > retries.cap:
            return None
        top = min(retries.cap, retries.base * 2 ** (attempt - 1))
        delay = secrets.SystemRandom().uniform(0, top)  # full jitter
        delay = max(delay, fault.retry_after or 0)
        return delay if time.monotonic() + delay < deadline else None

    async def _attempt(
        self, endpoint: Endpoint, order: _Order, attempt: int
    ) -> AsyncGenerator[str | Called]:
        """Ask one model once. However it ends, its breaker hears of it."""
        report = endpoint.breaker.abandoned
        reply = Reply(provider_of(endpoint.name))
        attributes = reply.request(endpoint.name, self._config, attempt)
        with self._tracing.span(conventions.CHAT, endpoint.name, order.parent, attributes) as span:
            if self._tracing.content:
                said = [f"{message.type}: {message.text}" for message in order.messages]
                span.set({conventions.INPUT_MESSAGES: said})
            try:
                stream = endpoint.model.astream([*order.messages])
                async with aclosing(
                    reply.read(stream, order.first_token, order.deadline)
                ) as pieces:
                    async for piece in pieces:
                        yield piece
                report = endpoint.breaker.succeeded
            except Exception as error:  # clients raise what they like; `classify` sorts it
                fault = classify(error)
                if fault.kind != "request":
                    report = endpoint.breaker.failed
                self._log(endpoint, error, fault, attempt)
                raise _Failed(fault, begun=reply.begun) from error
            finally:
                report()
                usage = reply.usage(endpoint.price)
                span.set(reply.response(usage, content=self._tracing.content))
        self._account(endpoint, usage)
        yield Called(endpoint.name, usage, reply.cut)

    def _account(self, endpoint: Endpoint, usage: Usage) -> None:
        """Report a whole reply, before it is yielded: its reader stops there."""
        self._recorder.model_call(endpoint.name, "ok")
        self._recorder.tokens(endpoint.name, usage.input_tokens, usage.output_tokens)
        if usage.cost_usd is not None:
            self._recorder.cost(endpoint.name, usage.cost_usd)

    @staticmethod
    def _log(endpoint: Endpoint, error: Exception, fault: Fault, attempt: int) -> None:
        """Say what happened without the exception's text, which may quote the prompt or a key."""
        logger.warning(
            "model call failed",
            extra={
                "model": endpoint.name,
                "error": type(error).__name__,
                "kind": fault.kind,
                "status": fault.status,
                "attempt": attempt,
            },
        )

    @staticmethod
    def _unavailable(failure: _Failed | None) -> Unavailable:
        fault = failure.fault if failure else Fault("transient")
        why = "took too long" if fault.timeout else "cannot be reached"
        text = f"The language model {why}."
        if failure and failure.begun:
            text = "The answer broke off."
        return Unavailable(text, timeout=fault.timeout, retry_after=fault.retry_after)
