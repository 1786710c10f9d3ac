"""Chat completions in OpenAI's format, by the model of this project."""

from __future__ import annotations

from functools import partial

from text2json.api.service import Service
from text2json.llm_serving.kinds import openai_error
from text2json.llm_serving.metrics import LlmMetrics
from text2json.llm_serving.openapi import describe_models
from text2json.llm_serving.routes import PATH, routes
from text2json.llm_serving.runtime import Runtime
from text2json.llm_serving.settings import LlmSettings


def install(service: Service) -> None:
    """Add the routes; load the model when the service starts, and follow `aliases.json`."""
    settings = LlmSettings()
    runtime = Runtime(settings, LlmMetrics(service.registry, settings.llm_output))
    service.routers.append(routes(runtime))
    service.lifespans.append(runtime.lifespan)
    service.tasks.append(runtime.follow)
    service.ready.append(runtime.obstacle)
    service.facts.append(runtime.facts)
    service.openapi_hooks.append(partial(describe_models, runtime=runtime))
    for path in (PATH, "/v1/models", "/v1/models/"):
        service.problem_members[path] = openai_error
