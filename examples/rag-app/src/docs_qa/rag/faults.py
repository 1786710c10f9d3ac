"""What an exception of a model's client means, whichever provider's client raised it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

_TRANSIENT = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_REQUEST = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed attempt.

    Attributes:
        kind: `transient` may work if repeated; `permanent` will not (key, name of the model);
            `request` is about this one question and says nothing about the model.
        timeout: whether it took too long.
        status: HTTP status, None without an answer.
        retry_after: seconds that the server asks to wait, None if it does not say.
    """

    kind: Literal["transient", "permanent", "request"]
    timeout: bool = False
    status: int | None = None
    retry_after: float | None = None


def classify(error: BaseException) -> Fault:
    """Judge an exception by the status code that the clients attach; no status: the network."""
    status = getattr(error, "status_code", None)
    if not isinstance(status, int) or status < HTTPStatus.BAD_REQUEST:
        return Fault("transient", timeout=_is_timeout(error))
    if status in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fault("transient", status=status, retry_after=_retry_after(error))
    return Fault("request" if status in _REQUEST else "permanent", status=status)


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or "Timeout" in type(error).__name__


def _retry_after(error: BaseException) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None)
    if not isinstance(headers, Mapping):
        return None
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:  # absent, or a date
        return None
    return seconds if seconds >= 0 else None
