"""The step graph in other orchestrators' languages."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from payments_loop.commands.pipeline import command
from payments_loop.pipeline.export import FILES, airflow, kubeflow
from payments_loop.pipeline.steps import GRAPH

NEEDS = {step.name: list(step.needs) for step in GRAPH}


def test_the_dag_is_python_with_the_same_graph() -> None:
    tree = ast.parse(airflow.render(GRAPH))
    compile(tree, "dag.py", "exec")
    [steps] = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "STEPS"
    ]
    assert steps is not None
    assert ast.literal_eval(steps) == NEEDS


def test_a_task_is_one_call_of_the_command_line() -> None:
    text = airflow.render(GRAPH)
    assert "pipeline run --only {step}" in text
    assert "--as-of {{ dag_run.run_after.strftime('%Y-%m-%d') }}" in text


@pytest.fixture
def documents() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(kubeflow.render(GRAPH, image="registry.example/app:1")))


def test_the_kubeflow_pipeline_has_the_same_graph(documents: list[dict[str, Any]]) -> None:
    tasks = documents[0]["root"]["dag"]["tasks"]
    found = {name: task.get("dependentTasks", []) for name, task in tasks.items()}
    assert found == {
        name.replace("_", "-"): [need.replace("_", "-") for need in needs]
        for name, needs in NEEDS.items()
    }


def test_every_task_has_a_container_with_the_workspace(documents: list[dict[str, Any]]) -> None:
    pipeline, platform = documents
    executors = pipeline["deploymentSpec"]["executors"]
    mounts = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    for name, task in pipeline["root"]["dag"]["tasks"].items():
        label = pipeline["components"][task["componentRef"]["name"]]["executorLabel"]
        container = executors[label]["container"]
        assert container["image"] == "registry.example/app:1"
        assert container["args"][:4] == ["pipeline", "run", "--only", name.replace("-", "_")]
        assert mounts[label]["pvcMount"][0]["mountPath"] == kubeflow.WORKSPACE


@pytest.mark.parametrize("name", list(FILES))
def test_an_outdated_file_is_noticed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    assert run(command, ["export", name, "--check"]).exit_code == 1
    assert run(command, ["export", name]).exit_code == 0
    assert run(command, ["export", name, "--check"]).exit_code == 0
    file = FILES[name][0]
    file.write_text(file.read_text().replace("train_full", "train_more"))
    assert run(command, ["export", name, "--check"]).exit_code == 1


def test_the_files_of_this_repository_are_current() -> None:
    root = Path(__file__).parents[2]
    for path, render in FILES.values():
        assert (root / path).read_text(encoding="utf-8") == render()
