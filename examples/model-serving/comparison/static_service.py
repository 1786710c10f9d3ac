"""The floor: the same server (uvicorn, uvloop, httptools) reading a request and doing nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

BODY = (
    b'{"probability":0.0123456789,"decision":"negative","threshold":0.123456,'
    b'"model_version":"20260101-000000","request_id":"0123456789abcdef0123456789abcdef"}'
)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer every request with the same bytes."""
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
