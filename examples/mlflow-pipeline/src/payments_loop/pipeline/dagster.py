"""The step graph as Dagster assets, one partition per day. `make flow-pipeline` opens it.

Each asset is a step and calls the same runner as the command line: Dagster adds a page with the
history, a schedule, retries, a look-out for missed days and checks. What is skipped, and why, stays
the runner's business.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from payments_loop.pipeline.graph import Step
from payments_loop.pipeline.records import BusyError, Record
from payments_loop.pipeline.run import open_runner
from payments_loop.pipeline.runner import StepError
from payments_loop.pipeline.steps import GRAPH
from payments_loop.pipeline.workspace import Workspace

RETRIES, RETRY_SECONDS = 2, 60.0
DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", timezone="UTC")
LOOK_BACK_DAYS = 7
GROUP = "loop"


def as_of(partition: str) -> datetime:
    """The moment of a partition: the end of its day, when all of it has arrived."""
    return datetime.fromisoformat(partition).replace(tzinfo=UTC) + timedelta(days=1)


def _asset(step: Step[Workspace]) -> dg.AssetsDefinition:
    @dg.asset(
        name=step.name,
        deps=list(step.needs),
        group_name=GROUP,
        partitions_def=DAYS,
        description=step.summary,
    )
    def run(context: dg.AssetExecutionContext) -> None:
        runner = open_runner(as_of(context.partition_key), say=context.log.info)
        try:
            record = runner.run_one(step.name)
        except (StepError, BusyError) as error:
            raise dg.RetryRequested(RETRIES, seconds_to_wait=RETRY_SECONDS) from error
        context.add_output_metadata(_metadata(record))

    return run


def _metadata(record: Record) -> dict[str, Any]:
    """What Dagster shows beside a run."""
    return {
        "outcome": record.outcome,
        "inputs_sha256": record.inputs_sha256,
        "result": dg.MetadataValue.json(record.result),
    }


def _record(step: str, partition: str) -> Record | None:
    return Workspace().records.read(as_of(partition), step)


@dg.asset_check(asset="ingest", description="No batch of the day was put aside.")
def nothing_in_quarantine(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """A green run can still have left rows out."""
    record = _record("ingest", context.run.tags["dagster/partition"])
    aside = record.result["quarantined"] if record else []
    return dg.AssetCheckResult(
        passed=record is not None and not aside,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"batches": aside},
    )


@dg.asset_check(asset="monitor", description="The monitor has no alarm.")
def no_alarm(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Warnings are for people who look; an alarm is for everybody."""
    record = _record("monitor", context.run.tags["dagster/partition"])
    alarms = record.result["alarms"] if record else []
    found = [f"{one['name']} {one['subject']}" for one in alarms if one["severity"] == "alarm"]
    return dg.AssetCheckResult(
        passed=record is not None and not found,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"alarms": found},
    )


loop = dg.define_asset_job("loop", selection=dg.AssetSelection.groups(GROUP))

nightly = dg.build_schedule_from_partitioned_job(
    loop,
    hour_of_day=0,
    minute_of_hour=30,  # the day before has arrived
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@dg.sensor(job=loop, minimum_interval_seconds=3600)
def missed_days(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for days of the last week that have no complete run, the oldest first."""
    del context
    records = Workspace().records
    done = [run for run in records.runs() if records.read(run, "report")]
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = [today - timedelta(days=back) for back in range(LOOK_BACK_DAYS, 0, -1)]
    # Before the first run there was nothing to miss.
    missed = [day for day in wanted if done and done[0] < day and day not in done]
    if not missed:
        return dg.SkipReason(f"no day of the last {LOOK_BACK_DAYS} was missed")
    key = (missed[0] - timedelta(days=1)).date().isoformat()
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key, partition_key=key)])


definitions = dg.Definitions(
    assets=[_asset(step) for step in GRAPH],
    asset_checks=[nothing_in_quarantine, no_alarm],
    jobs=[loop],
    schedules=[nightly],
    sensors=[missed_days],
    executor=dg.in_process_executor,  # steps share what is cached in memory
)
