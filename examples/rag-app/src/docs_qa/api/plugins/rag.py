"""Adds the routes about questions and documents, and what they need."""

from __future__ import annotations

import asyncio

from docs_qa.api.service import Service
from docs_qa.rag_api import answers, library, opinions
from docs_qa.rag_api.metrics import Metrics
from docs_qa.rag_api.runtime import Runtime
from docs_qa.rag_api.settings import AllSettings
from docs_qa.rag_api.watch import changes

# A question with the longest history that its schema allows, every character escaped
LONGEST_QUESTION = 4_000_000


def install(service: Service) -> None:
    """Open index and library with the service; answer, and keep them up to date, while it runs."""
    everything = AllSettings()
    settings, folder = everything.routes, everything.documents.folder
    runtime = Runtime(everything, Metrics(service.registry))
    service.routers += [answers.routes(runtime), library.routes(runtime), opinions.routes(runtime)]
    service.body_limits["/v1/ask"] = LONGEST_QUESTION
    service.body_limits["/v1/documents/"] = settings.max_upload_bytes
    service.lifespans.append(runtime.lifespan)
    service.ready.append(runtime.obstacle)
    service.facts.append(runtime.facts)
    service.tasks.append(runtime.keep_house)

    async def watch() -> None:
        async for _ in changes(folder):
            runtime.ask_for_sync()

    async def look_regularly() -> None:
        while True:
            runtime.ask_for_sync()
            await asyncio.sleep(settings.sync_minutes * 60)

    if settings.watch_documents:
        service.tasks.append(watch)
    if settings.sync_minutes:
        service.tasks.append(look_regularly)
