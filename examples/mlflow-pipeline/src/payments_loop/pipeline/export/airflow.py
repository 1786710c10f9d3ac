"""The step graph as an Airflow 3 DAG: a Python file that needs Airflow and nothing of this project.

Every task is one call of the command line, so Airflow's own environment stays free of the
libraries of this project, and a step does the same wherever it is run from.
"""

from __future__ import annotations

from typing import Any

from payments_loop.pipeline.graph import Graph

DAG_ID = "payments-loop"
_TEMPLATE = '''"""Payments Loop: the step graph as a DAG. Made by `payments-loop pipeline export airflow`."""

import os
import sys
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

# Folder of the project, and its command line, as the workers see them
ROOT = os.environ.get("APP_PIPELINE_ROOT", "/opt/payments-loop")
COMMAND = os.environ.get(
    "APP_PIPELINE_COMMAND",
    f"{{ROOT}}/.venv/bin/payments-loop",
)

# Step: what it needs
STEPS: dict[str, list[str]] = {{
{steps}
}}

with DAG(
    dag_id="{dag_id}",
    description="Ingest, validate, score, watch, retrain, judge, promote",
    schedule="30 0 * * *",  # the day before has arrived
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,  # a run builds on the one before
    default_args={{
        "retries": 2,  # steps are idempotent
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=2),
    }},
    tags=["machine-learning"],
) as dag:
    tasks = {{
        step: BashOperator(
            task_id=step,
            bash_command=(
                f"{{COMMAND}} pipeline run --only {{step}}"
                " --as-of {{{{ dag_run.run_after.strftime('%Y-%m-%d') }}}}"
            ),
            cwd=ROOT,
        )
        for step in STEPS
    }}
    for step, needs in STEPS.items():
        for need in needs:
            tasks[need] >> tasks[step]

if __name__ == "__main__":
    # Run it here and now, without a scheduler: payments_loop_dag.py [DAY]
    run = dag.test(run_after=pendulum.parse(*sys.argv[1:] or ["now"]))
    sys.exit(run.state != "success")
'''


def render(graph: Graph[Any]) -> str:
    """The DAG file."""
    steps = "\n".join(
        f'    "{step.name}": [{", ".join(f"{chr(34)}{need}{chr(34)}" for need in step.needs)}],'
        for step in graph
    )
    return _TEMPLATE.format(dag_id=DAG_ID, steps=steps)
