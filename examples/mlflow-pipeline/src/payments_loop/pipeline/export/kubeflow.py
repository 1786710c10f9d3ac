"""The step graph as a Kubeflow pipeline: KFP's intermediate representation, written directly.

Each step is a container of the pipeline's image that calls the command line. The steps share one
volume with the workspace (lake, models, records); Kubeflow's own cache is off, because the steps
know better than it does whether anything has changed.
"""

from __future__ import annotations

from typing import Any

import yaml

from payments_loop.pipeline.graph import Graph, Step

NAME = "payments-loop"
IMAGE = "payments-loop-pipeline:local"
CLAIM = "payments-loop-pipeline"
WORKSPACE = "/app/data"
# https://www.kubeflow.org/docs/components/pipelines/reference/: the schema the backend accepts
SCHEMA, SDK = "2.1.0", "kfp-2.17.0"


def render(graph: Graph[Any], image: str = IMAGE) -> str:
    """Two YAML documents: the pipeline, and what Kubernetes has to know about its pods."""
    names = graph.names
    pipeline = {
        "pipelineInfo": {"name": NAME, "description": "Ingest, score, watch, retrain, promote"},
        "root": {
            "inputDefinitions": {
                "parameters": {
                    "as_of": {
                        "parameterType": "STRING",
                        "description": "Day (UTC) at whose start the run looks at the world",
                    }
                }
            },
            "dag": {"tasks": {_slug(step.name): _task(step) for step in graph}},
        },
        "components": {f"comp-{_slug(name)}": _component(name) for name in names},
        "deploymentSpec": {
            "executors": {
                f"exec-{_slug(name)}": {"container": _container(name, image)} for name in names
            }
        },
        "schemaVersion": SCHEMA,
        "sdkVersion": SDK,
    }
    platform = {
        "platforms": {
            "kubernetes": {
                "deploymentSpec": {
                    "executors": {f"exec-{_slug(name)}": {"pvcMount": [_mount()]} for name in names}
                }
            }
        }
    }
    header = "# Payments Loop: made by `payments-loop pipeline export kfp`.\n"
    return header + yaml.safe_dump_all([pipeline, platform], sort_keys=False, width=1000)


def _slug(name: str) -> str:
    """A name as Kubernetes takes it."""
    return name.replace("_", "-")


def _mount() -> dict[str, Any]:
    claim = {"runtimeValue": {"constant": CLAIM}}
    return {"mountPath": WORKSPACE, "constant": CLAIM, "pvcNameParameter": claim}


def _component(name: str) -> dict[str, Any]:
    return {
        "executorLabel": f"exec-{_slug(name)}",
        "inputDefinitions": {"parameters": {"as_of": {"parameterType": "STRING"}}},
    }


def _container(name: str, image: str) -> dict[str, Any]:
    return {
        "image": image,
        "command": ["payments-loop"],
        "args": [
            "pipeline",
            "run",
            "--only",
            name,
            "--as-of",
            "{{$.inputs.parameters['as_of']}}",
        ],
    }


def _task(step: Step[Any]) -> dict[str, Any]:
    task: dict[str, Any] = {
        "taskInfo": {"name": _slug(step.name)},
        "componentRef": {"name": f"comp-{_slug(step.name)}"},
        "cachingOptions": {},
        "inputs": {"parameters": {"as_of": {"componentInputParameter": "as_of"}}},
        "retryPolicy": {
            "maxRetryCount": 2,  # steps are idempotent
            "backoffDuration": "60s",
            "backoffFactor": 2.0,
            "backoffMaxDuration": "3600s",
        },
    }
    if step.needs:
        task["dependentTasks"] = [_slug(need) for need in step.needs]
    return task
