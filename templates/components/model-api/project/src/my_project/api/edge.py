"""The outermost layer: request id, API key, limits, access log, metrics, last-resort errors."""

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Callable

from my_project import logs

from .asgi import Exchange, Message, Receive, Scope, Send, replay
from .auth import Keys, RateLimit
from .events import Answered, now
from .hot import Hot
from .jobs import ClientGoneError
from .openapi import Api
from .problems import Problem
from .service import Service

logger = logging.getLogger(__name__)

PUBLIC = frozenset({"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"})
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # probes would drown the access log
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = WITHOUT_BODY | {"POST", "PUT", "PATCH", "DELETE"}
CLIENT_GONE = 499


class Edge:
    """Wraps the whole application; pure ASGI, one instance per process.

    Args:
        api: the FastAPI application. Paths that it does not have are counted as `unmatched`, so
            that callers cannot invent label values.
        hot: answers what it can before `api` is asked.
        service: settings, metrics and state.
    """

    def __init__(self, api: Api, hot: Hot, service: Service) -> None:
        settings = service.settings
        self.api = api
        self.service = service
        self._hot = hot
        self._paths = api.static_paths()
        self._keys = Keys(key.get_secret_value() for key in settings.api_keys)
        self._limit = RateLimit(settings.rate_limit, settings.rate_burst)
        self._max_body = settings.max_body_bytes
        self._body_seconds = settings.body_timeout
        self._new_id = _request_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.api(scope, receive, send)
            return
        start = time.perf_counter()
        exchange = Exchange(scope, send, self._new_id)
        logs.request_id.set(exchange.request_id)
        if self.service.draining:
            exchange.close_connection()
        try:
            await self._serve(exchange, receive)
        except Problem as problem:
            await exchange.refuse(problem)
        except ClientGoneError:
            exchange.status = CLIENT_GONE
        except Exception:
            logger.exception("request failed")
            if not exchange.status:
                failure = Problem("internal", "The failure was logged under this request id")
                await exchange.refuse(failure)
        finally:
            self._account(exchange, time.perf_counter() - start)

    async def _serve(self, exchange: Exchange, receive: Receive) -> None:
        """Let the request in, then answer it or pass it on."""
        scope, headers = exchange.scope, exchange.headers
        if scope["path"] not in PUBLIC:
            exchange.caller = self._keys.caller(headers.get(b"x-api-key"))
            self._take_token(exchange.caller)
        scope.setdefault("state", {})["request_id"] = exchange.request_id
        if scope["method"] in WITHOUT_BODY:
            await self.api(scope, receive, exchange.send)
            return
        message = await self._body(headers, receive)
        answer = await self._hot.answer(exchange, message["body"], receive)
        if answer is not None:
            await exchange.answer(answer)
        else:
            await self.api(scope, replay(message, receive), exchange.send)

    def _take_token(self, caller: str) -> None:
        try:
            self._limit.take(caller)
        except Problem:
            self.service.metrics.rejected.labels("rate_limit").inc()
            raise

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> Message:
        """The whole body as one message.

        The time limit includes the first piece: a caller may send the head of a request and nothing
        more.

        Raises:
            Problem: it is too large, or comes too slowly.
            ClientGoneError: the caller closed the connection before its end.
        """
        if int(headers.get(b"content-length", 0)) > self._max_body:
            raise self._too_large()
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self._body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGoneError
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > self._max_body:
                        raise self._too_large()
        except TimeoutError as error:
            wait = f"The body did not arrive within {self._body_seconds:g} s"
            raise Problem("slow-body", wait) from error
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    def _too_large(self) -> Problem:
        return Problem("body-too-large", f"A body may have at most {self._max_body} bytes")

    def _account(self, exchange: Exchange, seconds: float) -> None:
        """Count and log one response."""
        path, method = exchange.scope["path"], exchange.scope["method"]
        if method not in METHODS:
            method = "OTHER"
        template = getattr(exchange.scope.get("route"), "path", "unmatched")
        route = path if path in self._paths else template
        status = exchange.status or CLIENT_GONE
        self.service.metrics.requests(route, method, str(status)).inc()
        self.service.metrics.request_duration(route, method).observe(seconds)
        if route not in QUIET:
            self.service.events.add(
                Answered(
                    time=now(),
                    request_id=exchange.request_id,
                    method=method,
                    route=route,
                    status=status,
                    duration_ms=round(seconds * 1000, 3),
                    caller=exchange.caller,
                )
            )


def _request_ids() -> Callable[[], str]:
    """Ids that are unique across processes: a random prefix and a counter.

    They cost a tenth of a UUID, and need to be unique, not secret.
    """
    prefix, numbers = secrets.token_hex(8), itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):08x}"
