"""The routes about documents, and about the jobs that change them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from docs_qa.api.problems import Problem
from docs_qa.api.routes import (
    BODY_PROBLEMS,
    problems,
    versioned,
)
from docs_qa.documents import Failure
from docs_qa.documents.sniff import sniff
from docs_qa.rag_api import kinds
from docs_qa.rag_api.gate import Gate
from docs_qa.rag_api.jobs import Job
from docs_qa.rag_api.names import LONGEST, clean
from docs_qa.rag_api.runtime import Runtime
from docs_qa.rag_api.schemas import (
    DocumentList,
    JobInfo,
    UrlRequest,
)

ANY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "PDF, Markdown, HTML, DOCX or text; what it is, its content decides",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Name = Annotated[str, Path(min_length=1, max_length=LONGEST)]
Id = Annotated[str, Path(min_length=1, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]+$")]


def routes(runtime: Runtime) -> APIRouter:
    """`/v1/documents` and `/v1/jobs`."""
    router = versioned("documents")
    _state(router, runtime)
    _changes(router, runtime)
    return router


def _state(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/documents")
    async def documents() -> DocumentList:
        """All documents, those that could not be read included."""
        return DocumentList(documents=await asyncio.to_thread(runtime.opened().documents))

    @router.get("/jobs/{job}", responses=problems(404, 422))
    async def job(job: Annotated[str, Path(max_length=100)]) -> JobInfo:
        """How far a change of the documents is."""
        found = runtime.jobs.find(job)
        if found is None:
            raise Problem(kinds.NO_JOB, "It was never accepted, or is forgotten")
        return JobInfo.model_validate(found)


def _changes(router: APIRouter, runtime: Runtime) -> None:
    settings, jobs = runtime.settings, runtime.jobs
    gate = Gate(settings.upload_rate, settings.upload_burst, settings.upload_queue)

    @router.put(
        "/documents/{name}",
        status_code=202,
        responses=BODY_PROBLEMS | problems(415),
        openapi_extra=ANY_BODY,
    )
    async def put(name: Name, request: Request, response: Response) -> JobInfo:
        """Add a document, or replace the one with the same name; indexed in the background."""
        with gate.inside(request):
            name = named(name)
            content = await request.body()
            await asyncio.to_thread(check, content, name)
            return accepted(await jobs.put(name, content), response)

    @router.post("/documents/url", status_code=202, responses=BODY_PROBLEMS)
    async def put_url(body: UrlRequest, request: Request, response: Response) -> JobInfo:
        """Fetch a page or file from the public web, and add it; done in the background."""
        with gate.inside(request):
            return accepted(jobs.url(body.url), response)

    @router.post("/documents/sync", status_code=202)
    async def sync(request: Request, response: Response) -> JobInfo:
        """Make the library equal to its folder; done in the background."""
        with gate.inside(request):
            return accepted(jobs.sync(), response)

    @router.delete("/documents/{document:path}", status_code=204, responses=problems(404, 422))
    async def remove(document: Id, request: Request) -> None:
        """Remove a document; one that came from the folder returns with the next sync."""
        with gate.inside(request):
            if not await runtime.remove(document):
                raise Problem(kinds.NO_DOCUMENT, "GET /v1/documents lists all of them")


def named(name: str) -> str:
    """The name as documents have it; raises `Problem` if none can have it."""
    try:
        return clean(name)
    except ValueError as error:
        raise Problem(kinds.BAD_NAME, str(error)) from error


def accepted(job: Job, response: Response) -> JobInfo:
    """The answer to a change that is queued: where to ask about it."""
    response.headers["Location"] = f"/v1/jobs/{job.job}"
    return JobInfo.model_validate(job)


def check(content: bytes, name: str) -> None:
    """Refuse at once what could not be read later.

    Raises:
        Problem: it is empty, or of a kind that is not supported.
    """
    try:
        sniff(content, name)
    except Failure as failure:
        kind = kinds.EMPTY if failure.reason == "empty" else kinds.UNSUPPORTED
        raise Problem(kind, failure.problem) from failure
