"""The outermost layer: request id, API key, limits, access log, metrics, last-resort errors."""

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Callable

from docs_qa import logs

from .asgi import (
    ClientGoneError,
    Exchange,
    Message,
    Receive,
    Scope,
    Send,
    replay,
)
from .auth import Keys, RateLimit
from .events import Answered, now
from .openapi import Api
from .paths import PathMap
from .problems import (
    BODY_TOO_LARGE,
    OVERLOADED,
    SLOW_BODY,
    Problem,
    failure,
)
from .service import Service

logger = logging.getLogger(__name__)

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # probes would drown the access log
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = WITHOUT_BODY | {"POST", "PUT", "PATCH", "DELETE"}
CLIENT_GONE = 499
SLOWEST_BODY = 262_144  # bytes per second that a long body may come at, beyond its first seconds


class Edge:
    """Wraps the whole application; pure ASGI, one instance per process.

    Args:
        api: the FastAPI application. Paths that it does not have are counted as `unmatched`, so
            that callers cannot invent label values.
        service: settings, metrics, state, and what plugins have added.
    """

    def __init__(self, api: Api, service: Service) -> None:
        settings = service.settings
        self.api = api
        self.service = service
        self._fast = service.fast
        self._paths = api.static_paths()
        self._public = PathMap(dict.fromkeys(service.public, True))
        self._keys = Keys(key.get_secret_value() for key in settings.api_keys)
        self._limit = RateLimit(settings.rate_limit, settings.rate_burst)
        self._body_limits = PathMap(service.body_limits)
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
            self.service.metrics.refused(problem.kind)
            await exchange.refuse(self.service.completed(problem, scope["path"]))
        except ClientGoneError:
            exchange.status = CLIENT_GONE
        except Exception:
            logger.exception("request failed")
            if not exchange.status:
                await exchange.refuse(self.service.completed(failure(), scope["path"]))
        finally:
            self._account(exchange, time.perf_counter() - start)

    async def _serve(self, exchange: Exchange, receive: Receive) -> None:
        """Let the request in, then answer it or pass it on."""
        scope = exchange.scope
        path, method = scope["path"], scope["method"]
        fast = self._fast.get(path)
        counted = fast is not None or not self._public.get(path)
        if counted:
            self._admit(exchange)
        try:
            if method not in WITHOUT_BODY:
                message = await self._body(exchange, receive)
                if fast is not None and method == "POST":
                    answer = await fast(exchange, message["body"], receive)
                    if answer is not None:
                        await exchange.answer(answer)
                        return
                receive = replay(message, receive)
            state = scope.setdefault("state", {})
            state["request_id"], state["caller"] = exchange.request_id, exchange.caller
            await self.api(scope, receive, exchange.send)
        finally:
            self.service.in_flight -= counted

    def _admit(self, exchange: Exchange) -> None:
        """Check the key, the caller's rate and the load of the service, and count the request.

        Raises:
            Problem: it is not admitted.
        """
        service = self.service
        exchange.caller = self._keys.caller(exchange.key)
        self._limit.take(exchange.caller)
        if service.in_flight >= service.settings.max_in_flight:
            raise Problem(OVERLOADED, "Too many requests are being served", retry_after=1)
        service.in_flight += 1

    async def _body(self, exchange: Exchange, receive: Receive) -> Message:
        """The whole body as one message.

        The time limit includes the first piece: a caller may send the head of a request and nothing
        more.

        Raises:
            Problem: it is too large, or comes too slowly.
            ClientGoneError: the caller closed the connection before its end.
        """
        settings = self.service.settings
        limit = self._body_limits.get(exchange.scope["path"]) or settings.max_body_bytes
        announced = int(exchange.headers.get(b"content-length", 0))
        _check_size(announced, limit)
        seconds = settings.body_timeout + announced / SLOWEST_BODY
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGoneError
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    _check_size(len(body), limit)
        except TimeoutError as error:
            wait = f"The body did not arrive within {seconds:g} s"
            raise Problem(SLOW_BODY, wait) from error
        return {"type": "http.request", "body": bytes(body), "more_body": False}

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


def _check_size(size: int, limit: int) -> None:
    """Refuse a body that is larger than its path allows."""
    if size > limit:
        raise Problem(BODY_TOO_LARGE, f"A body may have at most {limit} bytes")


def _request_ids() -> Callable[[], str]:
    """Ids that are unique across processes: a random prefix and a counter.

    They cost a tenth of a UUID, and need to be unique, not secret.
    """
    prefix, numbers = secrets.token_hex(8), itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):08x}"
