"""The kinds of problem that these routes add."""

from __future__ import annotations

from docs_qa.api.problems import (
    INTERNAL,
    OVERLOADED,
    Kind,
    Problem,
)
from docs_qa.rag.events import Failed

MODEL_UNAVAILABLE = Kind("model-unavailable", 503, "No model can be reached")
MODEL_TIMEOUT = Kind("model-timeout", 504, "The model did not answer in time")
SEARCH_FAILED = Kind("search-failed", 503, "The search failed")
NO_PASSAGE = Kind("no-such-passage", 404, "There is no such passage")
NO_DOCUMENT = Kind("no-such-document", 404, "There is no such document")
NO_JOB = Kind("no-such-job", 404, "There is no such job")
EMPTY = Kind("empty-document", 422, "The document is empty")
UNSUPPORTED = Kind("unsupported-document", 415, "A document of this kind cannot be read")
BAD_NAME = Kind("bad-name", 422, "A document cannot have this name")

_FAILURES = {
    kind.name: kind for kind in (MODEL_UNAVAILABLE, MODEL_TIMEOUT, OVERLOADED, SEARCH_FAILED)
}


def failure(event: Failed) -> Problem:
    """The problem that a failed answer is."""
    kind = _FAILURES.get(event.kind, INTERNAL)
    return Problem(kind, event.detail, retry_after=event.retry_after)
