"""Compile the pipeline with Kubeflow's own SDK, then run its steps here: local.py [DAY].

`pipeline.yaml` must be what the SDK makes of the same steps. Then each container's command runs as a
process of this machine, in the SDK's local runner. Needs `kfp[kubernetes]`; `make kubeflow` has it.
"""

import copy
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import kfp
import yaml
from kfp import compiler, dsl, kubernetes, local

FILE = Path(__file__).with_name("pipeline.yaml")
AS_OF = "{{$.inputs.parameters['as_of']}}"
Document = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Compile, compare, run; 1 if the file differs or a step fails."""
    as_of = arguments[0] if arguments else f"{datetime.now(UTC):%Y-%m-%d}"
    pipeline, platform = read(FILE)
    if compiled(containers(pipeline, platform)) != (plain(pipeline), platform):
        click.echo(f"{FILE} is not what kfp {kfp.__version__} compiles")
        return 1
    click.echo(f"{FILE.name}: kfp compiles the same")
    with tempfile.TemporaryDirectory() as root:
        local.init(local.SubprocessRunner(use_venv=False), pipeline_root=root)
        try:
            processes(pipeline)(as_of=as_of)
        except RuntimeError as error:
            click.echo(error, err=True)
            return 1
    return 0


def read(path: Path) -> tuple[Document, Document]:
    """The pipeline, and what Kubernetes has to know about its pods."""
    pipeline, platform = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return pipeline, platform


def plain(pipeline: Document) -> Document:
    """A pipeline without what says nothing: orders, descriptions, the SDK's release."""
    found = copy.deepcopy(pipeline)
    found["root"]["inputDefinitions"]["parameters"]["as_of"].pop("description", None)
    del found["sdkVersion"]
    for task in found["root"]["dag"]["tasks"].values():
        task.setdefault("dependentTasks", []).sort()
    return found


def container(pipeline: Document, task: Document) -> Document:
    """What a task runs."""
    label = pipeline["components"][task["componentRef"]["name"]]["executorLabel"]
    found: Document = pipeline["deploymentSpec"]["executors"][label]["container"]
    return found


def containers(pipeline: Document, platform: Document) -> Callable[..., Any]:
    """The pipeline in the language of the SDK."""
    mounts = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]

    def add(name: str, as_of: str) -> Any:
        given = pipeline["root"]["dag"]["tasks"][name]
        wanted = container(pipeline, given)

        def step(as_of: str):  # without a result, as the SDK wants it
            args = [as_of if part == AS_OF else part for part in wanted["args"]]
            return dsl.ContainerSpec(image=wanted["image"], command=wanted["command"], args=args)

        step.__name__ = name
        retry = given["retryPolicy"]
        task = dsl.container_component(step)(as_of=as_of).set_caching_options(False)
        task.set_retry(
            retry["maxRetryCount"],
            retry["backoffDuration"],
            retry["backoffFactor"],
            retry["backoffMaxDuration"],
        )
        for mount in mounts[f"exec-{name}"]["pvcMount"]:
            kubernetes.mount_pvc(task, mount["constant"], mount["mountPath"])
        return task

    return joined(pipeline, add)


def processes(pipeline: Document) -> Callable[..., Any]:
    """The same steps as processes: the SDK's local runner starts no container."""

    def run(command: list, name: str):  # the SDK copies this function
        import subprocess

        import click

        click.echo(f"{name}: {' '.join(command)}")
        subprocess.run(command, check=True)  # noqa: S603 (of this pipeline)

    def add(name: str, as_of: str) -> Any:
        wanted = container(pipeline, pipeline["root"]["dag"]["tasks"][name])
        command = [as_of if part == AS_OF else part for part in wanted["command"] + wanted["args"]]
        step = dsl.component(run, base_image="python:3.12", install_kfp_package=False)
        return step(command=command, name=name).set_caching_options(False)

    return joined(pipeline, add)


def joined(pipeline: Document, add: Callable[[str, str], Any]) -> Callable[..., Any]:
    """A pipeline of the same tasks in the same order, each made by `add`."""
    info = pipeline["pipelineInfo"]

    @dsl.pipeline(name=info["name"], description=info["description"])
    def graph(as_of: str):  # without a result, as the SDK wants it
        made: dict[str, Any] = {}
        for name, task in pipeline["root"]["dag"]["tasks"].items():
            needs = [made[need] for need in task.get("dependentTasks", [])]
            made[name] = add(name, as_of).after(*needs)

    return graph


def compiled(graph: Callable[..., Any]) -> tuple[Document, Document]:
    """What the SDK compiles."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pipeline.yaml")
        compiler.Compiler().compile(graph, str(path))
        pipeline, platform = read(path)
    return plain(pipeline), platform


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
