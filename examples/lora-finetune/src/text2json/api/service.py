"""What the parts of the service share, and what plugins extend."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from .asgi import Exchange, Receive
from .events import EventLog
from .metrics import Metrics
from .paths import PathMap
from .problems import Problem
from .settings import Settings

Shared = TypeVar("Shared")
Schema = dict[str, Any]

#: Answers valid POST requests to one path without FastAPI, whose overhead it saves: given the
#: request, its body and what reports that the caller has gone, returns the JSON to answer with, or
#: None to let the documented route answer. Raises `Problem` or `ClientGoneError`.
FastPath = Callable[[Exchange, bytes, Receive], Awaitable[bytes | None]]

#: What a problem says besides what all problems say.
Members = Callable[[Problem], Mapping[str, object]]

PUBLIC = frozenset({"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"})


@dataclass
class Service:
    """The running service, and the joints at which a plugin's `install(service)` extends it.

    Attributes:
        settings: of the service; a plugin reads its own settings from the environment.
        events: log of what happens on every request; `events.add` costs a microsecond.
        registry: a plugin registers its metrics here.
        metrics: those of the service itself.
        routers: routes, preferably made by `routes.versioned`.
        tasks: coroutine functions that run from start-up until shutdown; restarted when they fail.
        lifespans: entered in order before the service is ready, left in reverse order after the
            last request.
        ready: each returns None, or why requests should not be sent here yet.
        facts: each returns what `/readyz` and `GET /v1` tell about the state of the service.
        fast: answers by exact path, tried before FastAPI; these paths always need a key.
        public: paths that need no key and have no rate limit, exact ones or beginnings that end in
            `/` (but `/` itself is only the root).
        body_limits: largest body in bytes, by exact path or beginning that ends in `/`; the longest
            match counts, `settings.max_body_bytes` where there is none.
        problem_members: by path as in `body_limits`: further members of the errors there, for
            clients of a protocol that has a format of its own.
        openapi_hooks: each refines the description that the running service publishes.
        in_flight: requests with a key that are being served.
        draining: whether a shutdown was asked for: still serving, no longer ready.
        open_requests: requests that were read and not answered, those included that still wait for
            the event loop; only the server knows them.
    """

    settings: Settings
    events: EventLog
    registry: CollectorRegistry
    metrics: Metrics
    routers: list[APIRouter] = field(default_factory=list)
    tasks: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    lifespans: list[Callable[[], AbstractAsyncContextManager[None]]] = field(default_factory=list)
    ready: list[Callable[[], str | None]] = field(default_factory=list)
    facts: list[Callable[[], Mapping[str, object]]] = field(default_factory=list)
    fast: dict[str, FastPath] = field(default_factory=dict)
    public: set[str] = field(default_factory=lambda: set(PUBLIC))
    body_limits: dict[str, int] = field(default_factory=dict)
    problem_members: dict[str, Members] = field(default_factory=dict)
    openapi_hooks: list[Callable[[Schema], None]] = field(default_factory=list)
    in_flight: int = 0
    draining: bool = False
    open_requests: Callable[[], int] = lambda: 1
    _shared: dict[type, Any] = field(default_factory=dict, repr=False)

    def shared(self, kind: type[Shared]) -> Shared:
        """The one `kind()` of this service, made at first use: how plugins meet, in any order."""
        if kind not in self._shared:
            self._shared[kind] = kind()
        found: Shared = self._shared[kind]
        return found

    def completed(self, problem: Problem, path: str) -> Problem:
        """A problem with what the errors of `path` say besides."""
        members = PathMap(self.problem_members).get(path)
        if members is not None:
            problem.members = members(problem)
        return problem

    def obstacle(self) -> str | None:
        """Why requests should not be sent here; None if they should."""
        if self.draining:
            return "A shutdown has begun"
        return next((reason for check in self.ready if (reason := check()) is not None), None)

    def state(self) -> dict[str, object]:
        """All facts; of those with the same name, the last one."""
        return {name: value for facts in self.facts for name, value in facts().items()}
