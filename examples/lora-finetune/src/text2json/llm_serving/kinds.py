"""What can be wrong with a chat request, in two formats at once.

Errors are problem details (RFC 9457), as everywhere in this service, with one more member: `error`,
which is what OpenAI's clients read. RFC 9457 asks clients to ignore members that they do not know,
and OpenAI's clients look at nothing else, so one document serves both.
"""

from __future__ import annotations

from http import HTTPStatus

from text2json.api.problems import Kind, Problem

NO_MODEL = Kind("model-not-found", 404, "The model does not exist")
TOO_LONG = Kind("context-length-exceeded", 400, "Prompt and completion do not fit the model")
UNSUPPORTED = Kind("unsupported-parameter", 400, "The parameter is not supported here")
BAD_CONVERSATION = Kind("bad-conversation", 400, "The chat template refuses these messages")

_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


def openai_error(problem: Problem) -> dict[str, object]:
    """The member `error`, in the format of OpenAI's API."""
    server = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "server_error" if server else _TYPES.get(HTTPStatus(problem.status))
    pointers = [error.pointer for error in problem.errors]
    return {
        "error": {
            "message": problem.detail,
            "type": kind or "invalid_request_error",
            "param": pointers[0].removeprefix("/").replace("/", ".") if pointers else None,
            "code": problem.kind.name.replace("-", "_"),
        }
    }
