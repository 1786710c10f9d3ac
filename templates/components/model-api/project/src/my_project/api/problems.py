"""Errors that callers see: problem details for HTTP APIs (RFC 9457)."""

from collections.abc import Sequence
from http import HTTPStatus
from math import ceil

import msgspec

MEDIA_TYPE = "application/problem+json"
TITLES = {
    "bad-request": (400, "The request is malformed"),
    "unauthorized": (401, "The API key is missing or unknown"),
    "slow-body": (408, "The request body did not arrive in time"),
    "body-too-large": (413, "The request body is too large"),
    "invalid-input": (422, "The request does not fit the schema"),
    "rate-limited": (429, "Too many requests"),
    "internal": (500, "The service failed"),
    "inference-failed": (500, "The model failed"),
    "overloaded": (503, "The service is overloaded"),
    "timeout": (503, "The request waited too long"),
    "draining": (503, "The service is shutting down"),
    "not-ready": (503, "No model is loaded"),
}
LONGEST_TEXT = 300


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
        kind: a key of `TITLES`; becomes the problem's type.
        detail: what happened and what to do, without values from the request.
        errors: wrong fields, if any.
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status, self.title = TITLES[kind]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers: dict[str, str] = {}
        if retry_after is not None:
            self.headers["retry-after"] = str(max(1, ceil(retry_after)))
        if self.status == HTTPStatus.UNAUTHORIZED:
            self.headers["www-authenticate"] = "ApiKey"
        if kind in {"slow-body", "body-too-large"}:
            self.headers["connection"] = "close"  # instead of reading the rest

    def body(self, request_id: str) -> bytes:
        """The document as JSON."""
        return document(f"urn:problem-type:{self.kind}", self.title, self, request_id)


class HttpProblem(Problem):
    """An error that the framework raised, such as 404 or 405."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__("internal", detail)
        self.status, self.title = status, HTTPStatus(status).phrase
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> bytes:
        """The document as JSON; its type says that the status tells everything."""
        return document("about:blank", self.title, self, request_id)


def pointer(*steps: str | int) -> str:
    """The JSON pointer (RFC 6901) that leads over these keys and positions."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def document(kind: str, title: str, problem: Problem, request_id: str) -> bytes:
    """Encode one problem; texts may name fields of the request, so they are cut and made UTF-8."""
    return msgspec.json.encode(
        Document(
            type=kind,
            title=title,
            status=problem.status,
            detail=_clean(problem.detail),
            request_id=request_id,
            errors=tuple(
                FieldError(_clean(error.pointer), _clean(error.detail)) for error in problem.errors
            ),
        )
    )


def _clean(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + "..."
    return text.encode("utf-8", "replace").decode()
