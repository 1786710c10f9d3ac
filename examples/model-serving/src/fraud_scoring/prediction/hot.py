"""The fast path of the prediction routes.

FastAPI's routing, validation and serialisation cost several times what scoring a row does. So a
request is first read with msgspec. If it is valid, it is answered here; whatever is unusual or
wrong about a request, it goes on to the documented FastAPI route, which explains the error. Both
call the same `Predictor` and write with the same encoder, so that they cannot answer differently.
"""

import msgspec

from fraud_scoring.api.asgi import JSON, Exchange, Receive

from .predictor import Predictor
from .schemas import Decision, Decisions, decode_many, decode_one, encode

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Hot:
    """Answers valid prediction requests: one fast path for each of the two routes."""

    def __init__(self, predictor: Predictor, max_instances: int) -> None:
        self._predict = predictor.predict
        self._max_instances = max_instances

    async def single(self, request: Exchange, body: bytes, receive: Receive) -> bytes | None:
        """The body of the answer to one row; None if the request is not for the fast path.

        Raises:
            Problem: the request is well-formed and cannot be answered.
            ClientGoneError: the caller gave up.
        """
        if not _is_json(request):
            return None
        try:
            instances = [decode_one(body)]
        except UNREADABLE:
            return None
        decisions = await self._predict(instances, request.request_id, receive, single=True)
        return write(decisions, single=True)

    async def batch(self, request: Exchange, body: bytes, receive: Receive) -> bytes | None:
        """The same for several rows."""
        if not _is_json(request):
            return None
        try:
            instances = decode_many(body).instances
        except UNREADABLE:
            return None
        if len(instances) > self._max_instances:
            return None
        decisions = await self._predict(instances, request.request_id, receive, single=False)
        return write(decisions, single=False)


def _is_json(request: Exchange) -> bool:
    media_type = request.headers.get(b"content-type", b"")
    return media_type == JSON or media_type.startswith(JSON + b";")


def write(decisions: list[Decision], *, single: bool) -> bytes:
    """The body of the answer."""
    return encode(decisions[0] if single else Decisions(decisions))
