"""Turns what FastAPI raises into problem details."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from .problems import (
    BAD_REQUEST,
    INVALID_INPUT,
    MEDIA_TYPE,
    FieldError,
    HttpProblem,
    Problem,
    failure,
    pointer,
)
from .service import Service

MOST_ERRORS = 20


def install(api: FastAPI, service: Service) -> None:
    """Answer all errors of `api` in one format."""

    def respond(request: Request, problem: Problem) -> Response:
        told = service.completed(problem, request.url.path)
        body = told.body(request.state.request_id)
        return Response(body, told.status, told.headers, MEDIA_TYPE)

    @api.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        service.metrics.refused(error.kind)
        return respond(request, error)

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return respond(request, explained(error))

    @api.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        return respond(request, HttpProblem(error.status_code, error.detail, headers))

    @api.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        del error  # the edge sees it too, and logs it
        return respond(request, failure())


def explained(error: RequestValidationError) -> Problem:
    """What is wrong with a request. Its values are not repeated: answers end up in logs."""
    found = error.errors()
    if found[0]["type"] == "json_invalid":
        return Problem(BAD_REQUEST, f"The body is not JSON: {found[0]['ctx']['error']}")
    wrong = [
        FieldError(pointer(*(step for step in entry["loc"] if step != "body")), entry["msg"])
        for entry in found[:MOST_ERRORS]
    ]
    detail = f"{wrong[0].pointer or 'the body'}: {wrong[0].detail}"
    return Problem(INVALID_INPUT, detail, errors=wrong)
