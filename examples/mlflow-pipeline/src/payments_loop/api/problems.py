"""Errors that callers see: problem details for HTTP APIs (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

import msgspec

MEDIA_TYPE = "application/problem+json"
LONGEST_TEXT = 300


@dataclass(frozen=True)
class Kind:
    """A kind of problem; plugins define their own as constants.

    Attributes:
        name: last part of the problem's type, `urn:problem-type:<name>`.
        status: HTTP status.
        title: what is the same for all problems of this kind.
        rejects: for requests that were fine and are refused nevertheless: the reason under which
            `http_requests_rejected_total` counts them.
    """

    name: str
    status: int
    title: str
    rejects: str = ""


BAD_REQUEST = Kind("bad-request", 400, "The request is malformed")
UNAUTHORIZED = Kind("unauthorized", 401, "The API key is missing or unknown")
SLOW_BODY = Kind("slow-body", 408, "The request body did not arrive in time")
BODY_TOO_LARGE = Kind("body-too-large", 413, "The request body is too large")
INVALID_INPUT = Kind("invalid-input", 422, "The request does not fit the schema")
RATE_LIMITED = Kind("rate-limited", 429, "Too many requests", rejects="rate_limit")
INTERNAL = Kind("internal", 500, "The service failed")
OVERLOADED = Kind("overloaded", 503, "The service is overloaded", rejects="overloaded")
TIMEOUT = Kind("timeout", 503, "The request waited too long", rejects="timeout")
DRAINING = Kind("draining", 503, "The service is shutting down", rejects="draining")
NOT_READY = Kind("not-ready", 503, "The service is not ready")


class FieldError(msgspec.Struct, frozen=True):
    """One wrong field: its place in the body as a JSON pointer (RFC 6901), and what it must be."""

    pointer: str
    detail: str


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error response."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):  # noqa: N818 (the term of the RFC)
    """An error with an answer for the caller.

    Args:
        kind: its type, title and status.
        detail: what happened and what to do, without values from the request.
        errors: wrong fields, if any.
        retry_after: seconds after which trying again makes sense.

    Attributes:
        members: further members of the document (RFC 9457, section 3.2).
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status, self.title = kind.status, kind.title
        self.detail = detail
        self.errors = tuple(errors)
        self.members: Mapping[str, object] = {}
        self.headers: dict[str, str] = {}
        if retry_after is not None:
            self.headers["retry-after"] = str(max(1, ceil(retry_after)))
        if self.status == HTTPStatus.UNAUTHORIZED:
            self.headers["www-authenticate"] = "ApiKey"
        if kind in {SLOW_BODY, BODY_TOO_LARGE}:
            self.headers["connection"] = "close"  # instead of reading the rest

    def body(self, request_id: str) -> bytes:
        """The document as JSON."""
        return document(f"urn:problem-type:{self.kind.name}", self.title, self, request_id)


class HttpProblem(Problem):
    """An error that the framework raised, such as 404 or 405."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(INTERNAL, detail)
        self.status, self.title = status, HTTPStatus(status).phrase
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> bytes:
        """The document as JSON; its type says that the status tells everything."""
        return document("about:blank", self.title, self, request_id)


def failure() -> Problem:
    """What callers learn about an unexpected failure."""
    return Problem(INTERNAL, "The failure was logged under this request id")


def pointer(*steps: str | int) -> str:
    """The JSON pointer (RFC 6901) that leads over these keys and positions."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def document(kind: str, title: str, problem: Problem, request_id: str) -> bytes:
    """Encode one problem; texts may name fields of the request, so they are cut and made UTF-8."""
    known = Document(
        type=kind,
        title=title,
        status=problem.status,
        detail=_clean(problem.detail),
        request_id=request_id,
        errors=tuple(
            FieldError(_clean(error.pointer), _clean(error.detail)) for error in problem.errors
        ),
    )
    if not problem.members:
        return msgspec.json.encode(known)
    return msgspec.json.encode({**msgspec.to_builtins(known), **problem.members})


def _clean(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + "..."
    return text.encode("utf-8", "replace").decode()
