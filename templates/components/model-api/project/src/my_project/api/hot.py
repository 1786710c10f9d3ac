"""The fast path of the prediction routes.

FastAPI's routing, validation and serialisation cost several times what scoring a row does. So a
request is first read with msgspec. If it is valid, it is answered here; whatever is unusual or
wrong about a request, it goes on to the documented FastAPI route, which explains the error. Both
call the same `Predictor` and write with the same encoder, so that they cannot answer differently.
"""

import msgspec

from .asgi import JSON, Exchange, Receive
from .predictor import Predictor
from .schemas import Decision, Decisions, decode_many, decode_one, encode

SINGLE = "/v1/predict"
BATCH = "/v1/predict/batch"


class Hot:
    """Answers valid prediction requests."""

    def __init__(self, predictor: Predictor, max_instances: int) -> None:
        self._predict = predictor.predict
        self._max_instances = max_instances

    async def answer(self, request: Exchange, body: bytes, receive: Receive) -> bytes | None:
        """The body of the answer; None if the request is not for the fast path.

        Raises:
            Problem: the request is well-formed and cannot be answered.
            ClientGoneError: the caller gave up.
        """
        path = request.scope["path"]
        single = path == SINGLE
        if not (single or path == BATCH) or request.scope["method"] != "POST":
            return None
        media_type = request.headers.get(b"content-type", b"")
        if media_type != JSON and not media_type.startswith(JSON + b";"):
            return None
        try:
            instances = [decode_one(body)] if single else decode_many(body).instances
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if len(instances) > self._max_instances:
            return None
        decisions = await self._predict(instances, request.request_id, receive, single=single)
        return write(decisions, single=single)


def write(decisions: list[Decision], *, single: bool) -> bytes:
    """The body of the answer."""
    return encode(decisions[0] if single else Decisions(decisions))
