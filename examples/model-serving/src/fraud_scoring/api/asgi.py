"""Requests and responses in the terms of ASGI, without a framework."""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from .problems import MEDIA_TYPE, Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = b"application/json"
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
NO_SNIFFING = (b"x-content-type-options", b"nosniff")


class ClientGoneError(Exception):
    """The caller closed the connection before it got its answer."""


class Exchange:
    """One request and what became of it.

    Attributes:
        scope: the request, in the terms of ASGI.
        headers: of the request, by lower-case name.
        request_id: taken from the caller if it is harmless, else a new one.
        caller: who sent it, as far as is known.
        status: of the response; 0 before there is one.
    """

    __slots__ = ("_added", "_send", "caller", "headers", "request_id", "scope", "status")

    def __init__(self, scope: Scope, send: Send, new_id: Callable[[], str]) -> None:
        self.scope = scope
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        given = self.headers.get(b"x-request-id", b"")
        self.request_id = given.decode() if REQUEST_ID.fullmatch(given) else new_id()
        self.caller = "-"
        self.status = 0
        self._send = send
        self._added = [(b"x-request-id", self.request_id.encode()), NO_SNIFFING]

    @property
    def key(self) -> bytes | None:
        """The API key that the caller sent: by itself, or as a bearer token (RFC 6750)."""
        scheme, _, token = self.headers.get(b"authorization", b"").partition(b" ")
        bearer = token.strip() if scheme.lower() == b"bearer" else None
        return self.headers.get(b"x-api-key", bearer)

    def close_connection(self) -> None:
        """Make the caller connect anew for its next request: to another replica."""
        self._added.append((b"connection", b"close"))

    async def send(self, message: Message) -> None:
        """Pass on a message of the application, with the headers that every response has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._added]
        await self._send(message)

    async def answer(self, body: bytes) -> None:
        """Send a successful response."""
        self.status = 200
        await respond(self._send, body, headers=self._added)

    async def refuse(self, problem: Problem) -> None:
        """Send a problem."""
        headers = [(name.encode(), value.encode()) for name, value in problem.headers.items()]
        body = problem.body(self.request_id)
        await respond(self.send, body, problem.status, MEDIA_TYPE.encode(), headers)


async def respond(
    send: Send,
    body: bytes,
    status: int = 200,
    media_type: bytes = JSON,
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Send one whole response."""
    length = (b"content-length", b"%d" % len(body))
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [(b"content-type", media_type), length, *headers],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


def replay(message: Message, receive: Receive) -> Receive:
    """Give `message` first, then what `receive` gives."""
    pending = [message]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
