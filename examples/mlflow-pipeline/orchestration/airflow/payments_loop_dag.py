"""Payments Loop: the step graph as a DAG. Made by `payments-loop pipeline export airflow`."""

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
    f"{ROOT}/.venv/bin/payments-loop",
)

# Step: what it needs
STEPS: dict[str, list[str]] = {
    "ingest": [],
    "validate": ["ingest"],
    "features": ["validate"],
    "score": ["features"],
    "monitor": ["score"],
    "decide": ["monitor"],
    "rollback": ["decide"],
    "train_full": ["decide"],
    "train_recent": ["decide"],
    "gate": ["train_full", "train_recent"],
    "canary": ["gate"],
    "promote": ["gate", "canary"],
    "report": ["ingest", "monitor", "decide", "rollback", "gate", "canary", "promote"],
}

with DAG(
    dag_id="payments-loop",
    description="Ingest, validate, score, watch, retrain, judge, promote",
    schedule="30 0 * * *",  # the day before has arrived
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,  # a run builds on the one before
    default_args={
        "retries": 2,  # steps are idempotent
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=2),
    },
    tags=["machine-learning"],
) as dag:
    tasks = {
        step: BashOperator(
            task_id=step,
            bash_command=(
                f"{COMMAND} pipeline run --only {step}"
                " --as-of {{ dag_run.run_after.strftime('%Y-%m-%d') }}"
            ),
            cwd=ROOT,
        )
        for step in STEPS
    }
    for step, needs in STEPS.items():
        for need in needs:
            tasks[need] >> tasks[step]

if __name__ == "__main__":
    # Run it here and now, without a scheduler: payments_loop_dag.py [DAY]
    run = dag.test(run_after=pendulum.parse(*sys.argv[1:] or ["now"]))
    sys.exit(run.state != "success")
