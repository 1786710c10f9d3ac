"""Joins the routes of this service to an application that was here before, in one process.

A FastAPI application: `mount(app)` after it was made, or `@mount` above the function that makes it.
A WSGI application such as Flask's: `asgi = mount_wsgi(app)`, or the same with the function that makes
it; an ASGI server serves what comes out: `uvicorn shop.app:asgi`.

Paths that the application has itself stay its own, `/docs` for example; what neither has is left to
it as well. The API keys, limits and the access log of this service are for its own routes only.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from functools import cached_property, partial, wraps
from typing import Any, ParamSpec, overload

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.applications import Starlette
from starlette.routing import Match, Mount

from .app import create_app, running
from .asgi import Message, Receive, Scope, Send
from .edge import Edge

Parameters = ParamSpec("Parameters")
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Wsgi = Callable[..., Any]


@overload
def mount(app: FastAPI) -> FastAPI: ...


@overload
def mount(app: Callable[Parameters, FastAPI]) -> Callable[Parameters, FastAPI]: ...


def mount(app: FastAPI | Callable[..., FastAPI]) -> FastAPI | Callable[..., FastAPI]:
    """Let a FastAPI application answer the routes of this service too.

    Args:
        app: the application, which may get its own routes before or after this; or, as a decorator,
            the function that makes it.
    """
    if isinstance(app, FastAPI):
        app.add_middleware(Beside, paths=partial(_paths, app))
        return app
    make = app

    @wraps(make)
    def mounted(*args: Any, **kwargs: Any) -> FastAPI:
        return mount(make(*args, **kwargs))

    return mounted


def _paths(app: FastAPI) -> Iterable[str]:
    return (route.path for route in iter_route_contexts(app.routes) if route.path)


def mount_wsgi(app: Wsgi) -> Starlette:
    """An ASGI application: the routes of this service, and for all others a WSGI application.

    Args:
        app: a Flask application or another one with `wsgi_app`; or the function that makes it, called
            at the first request.
    """
    theirs = _Wsgi(app)
    joined = Starlette(routes=[Mount("/", app=theirs)])
    joined.add_middleware(Beside, paths=theirs.paths)
    return joined


class Beside:
    """ASGI middleware in front of an application: answers what belongs to this service.

    What plugins need starts with the server, after the application, and stops with it. Settings that
    are unsafe stop the start.

    Args:
        app: the application.
        paths: its own paths, asked for at the first request, when it has all its routes.
    """

    def __init__(self, app: Application, paths: Callable[[], Iterable[str]]) -> None:
        self._app = app
        self._paths = paths
        self._edge: Edge | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or start and stop with the server."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "http" and self._is_ours(scope):
            await self.edge(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @property
    def edge(self) -> Edge:
        """This service; its background tasks run only where a server started it."""
        if self._edge is None:
            self._edge = create_app()
        return self._edge

    @cached_property
    def _taken(self) -> frozenset[str]:
        return frozenset(self._paths())

    def _is_ours(self, scope: Scope) -> bool:
        if scope["path"] in self._taken:
            return False
        return any(route.matches(scope)[0] is not Match.NONE for route in self.edge.api.routes)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._edge = create_app()
        service = self._edge.service

        async def sent(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await started.enter_async_context(running(service))
            elif message["type"].startswith("lifespan.shutdown."):
                await started.aclose()
            await send(message)

        async with AsyncExitStack() as started:
            await self._app(scope, receive, sent)


class _Wsgi:
    """A WSGI application for an ASGI server, made when it is first needed."""

    def __init__(self, app: Wsgi) -> None:
        self._given = app

    @cached_property
    def app(self) -> Wsgi:
        """The application."""
        is_one = hasattr(self._given, "wsgi_app")
        made: Wsgi = self._given if is_one else self._given()
        return made

    @cached_property
    def _asgi(self) -> Any:
        from a2wsgi import WSGIMiddleware

        return WSGIMiddleware(self.app)

    def paths(self) -> Iterable[str]:
        """Its own paths, where it tells them as Flask does."""
        routes = getattr(self.app, "url_map", None)
        return (str(rule) for rule in routes.iter_rules()) if routes else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._asgi(scope, receive, send)
