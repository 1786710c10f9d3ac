"""The step graph in the languages of other orchestrators. They call the same command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from payments_loop.pipeline.export import airflow, kubeflow
from payments_loop.pipeline.steps import GRAPH

# Name of the orchestrator -> file in the repository, and what is in it
FILES: dict[str, tuple[Path, Callable[[], str]]] = {
    "airflow": (
        Path("orchestration/airflow/payments_loop_dag.py"),
        lambda: airflow.render(GRAPH),
    ),
    "kfp": (
        Path("orchestration/kubeflow/pipeline.yaml"),
        lambda: kubeflow.render(GRAPH),
    ),
}
