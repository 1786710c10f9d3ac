"""Runs the service: one uvicorn worker, and a shutdown that drops no request."""

import asyncio
import gc
import logging
import signal
import socket
import time
from math import inf
from types import FrameType

import uvicorn

from .edge import Edge

logger = logging.getLogger(__name__)

# Longer than the idle timeout of usual load balancers (60 s): the side that closes first must be
# theirs, or they would send a request into a connection that is just being closed.
KEEP_ALIVE_SECONDS = 75


class Server(uvicorn.Server):
    """uvicorn that drains before it stops.

    SIGTERM first makes `/readyz` answer 503 and every response close its connection, while
    requests are still served. After `drain_seconds`, when load balancers have noticed and clients
    have moved, it stops accepting and finishes what is open. A second signal, or SIGINT from a
    terminal, skips the wait.
    """

    def __init__(self, config: uvicorn.Config, app: Edge) -> None:
        super().__init__(config)
        self._service = app.service
        self._stop_at = inf
        self._service.open_requests = lambda: len(self.server_state.tasks)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what start-up made is never garbage; looking through it takes milliseconds
        if self.started:
            listening = [server.sockets[0].getsockname()[:2] for server in self.servers]
            logger.info("listening", extra={"address": "{}:{}".format(*listening[0])})

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to stop; uvicorn asks ten times a second."""
        return await super().on_tick(counter) or time.monotonic() >= self._stop_at

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """React to SIGTERM or SIGINT."""
        del frame
        if sig == signal.SIGTERM and not self._service.draining:
            self._service.draining = True
            self._stop_at = time.monotonic() + self._service.settings.drain_seconds
        elif self.should_exit:
            self.force_exit = True
        else:
            self._service.draining = True
            self.should_exit = True


def configuration(app: Edge) -> uvicorn.Config:
    """How uvicorn serves `app`."""
    settings = app.service.settings
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
    )


def serve(app: Edge) -> None:
    """Serve until a signal."""
    config = configuration(app)
    server = Server(config, app)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve())
