"""A plugin of the service with one route of each sort, for tests of what surrounds routes."""

import asyncio
import threading
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from text2json.api.problems import TIMEOUT, Problem
from text2json.api.routes import versioned
from text2json.api.service import FastPath, Service


class Text(BaseModel):
    """A body with something that can be wrong about it."""

    text: str = Field(max_length=10)


class Echo:
    """Installs its routes; remembers what became of streams.

    Attributes:
        go_on: lets a stream continue after its first piece.
        streaming: a stream has sent its first piece.
        left: a stream was ended because its caller had gone.
    """

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.streaming = threading.Event()
        self.left = threading.Event()

    def install(self, service: Service) -> None:
        """Add the routes and what belongs to them."""
        service.routers.append(self._routes())
        service.routers.append(_page())
        service.public.add("/page/")
        service.body_limits |= {"/v1/files/": 2_000_000, "/v1/small": 10}

    def _routes(self) -> APIRouter:
        router = versioned("echo")

        @router.post("/echo")
        async def echo(body: Text, request: Request) -> dict[str, str]:
            state = request.state
            return {"text": body.text, "id": state.request_id, "caller": state.caller}

        @router.put("/files/{name}")
        async def put_file(name: str, request: Request) -> dict[str, int]:
            return {name: len(await request.body())}

        @router.post("/small")
        async def small(request: Request) -> int:
            return len(await request.body())

        @router.post("/fails")
        async def fails() -> None:
            raise RuntimeError("secret")

        @router.post("/waits")
        async def waits() -> None:
            raise Problem(TIMEOUT, "It took too long", retry_after=1.5)

        @router.get("/stream")
        async def get_stream() -> StreamingResponse:
            return StreamingResponse(self._pieces(), media_type="text/plain")

        @router.post("/stream")
        async def post_stream() -> StreamingResponse:
            return StreamingResponse(self._pieces(), media_type="text/plain")

        return router

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            yield b"first"
            self.streaming.set()
            await asyncio.to_thread(self.go_on.wait, 10)
            yield b"second"
        except asyncio.CancelledError:
            self.left.set()
            raise


def _page() -> APIRouter:
    router = APIRouter(tags=["echo"])

    @router.get("/page/{name}")
    async def page(name: str) -> Response:
        return Response(name)

    @router.get("/pages")
    async def pages() -> Response:
        return Response()

    return router


def fast(answer: bytes | None) -> FastPath:
    """A fast path that always gives the same answer."""

    async def always(*_: object) -> bytes | None:
        return answer

    return always
