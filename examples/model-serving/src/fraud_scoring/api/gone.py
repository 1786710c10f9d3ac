"""Work that ends with its caller: nobody is left to read the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from fastapi import Request

from fraud_scoring.api.asgi import ClientGoneError

Result = TypeVar("Result")


async def unless_gone(request: Request, work: Coroutine[None, None, Result]) -> Result:
    """The result of `work`, which is stopped if the caller goes away first.

    Raises:
        ClientGoneError: the caller has gone away.
    """
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        return working.result()
    finally:
        for task in (working, gone):
            task.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    """Return when the caller has closed the connection; its body has been read by then."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
