"""What the parts of the service share, and what plugins extend."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from fastapi import APIRouter
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry

from my_project.bundle import Bundle

from .events import EventLog
from .metrics import Metrics
from .models import Lineup, Role
from .settings import Settings


class Observation(NamedTuple):
    """Rows that were just scored: features float32 [N, F] (NaN = missing), probabilities [N]."""

    bundle: Bundle
    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    role: Role


@dataclass
class Service:
    """The running service.

    A plugin's `install(service)` may append to `observers` (called on the event loop after every
    scored batch: they must take microseconds and must not block), `routers` and `tasks`
    (coroutines that run from start-up until shutdown), and register metrics in `registry`.

    Attributes:
        lineup: the models in use; replaced as a whole on reload, None before the first load.
        in_flight: requests being served.
        open_requests: requests that were read and not answered, those included that still wait for
            the event loop; only the server knows them.
        draining: whether a shutdown was asked for: still serving, no longer ready.
    """

    settings: Settings
    events: EventLog
    registry: CollectorRegistry
    metrics: Metrics
    observers: list[Callable[[Observation], None]] = field(default_factory=list)
    routers: list[APIRouter] = field(default_factory=list)
    tasks: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    lineup: Lineup | None = None
    in_flight: int = 0
    draining: bool = False
    open_requests: Callable[[], int] = lambda: 1
