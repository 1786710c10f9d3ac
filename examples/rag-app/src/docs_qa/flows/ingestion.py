"""The ingestion flow: keeps the index equal to the folder of documents.

`make flow` opens it in Dagster's own page; `docs-qa flow` runs it once.
"""

import dagster as dg

from docs_qa.flows.folder import snapshot
from docs_qa.flows.settings import FlowSettings
from docs_qa.flows.targets import UpdateError, choose

SETTINGS = FlowSettings()
RETRIES, RETRY_SECONDS = 3, 10.0
SHOWN = 50  # problems that are listed with a run; the library keeps all of them

folder = dg.AssetSpec(
    "document_folder",
    group_name="ingestion",
    description="What people put in, change and delete. Nothing here writes to it.",
)


@dg.asset(
    name="document_index",
    deps=[folder],
    group_name="ingestion",
    description="Passages of all documents. Unchanged documents are left alone, changed ones "
    "replaced in one step, deleted ones removed.",
)
def index(context: dg.AssetExecutionContext) -> None:
    """Make the index equal to the folder."""
    settings = FlowSettings()
    seen = snapshot(settings.folder, settings.settle_seconds)
    target = choose(settings)
    try:
        target.update(context.log.info)
        state = target.state()
    except UpdateError as error:  # a service that restarts, say; a bug is not tried again
        wait = RETRY_SECONDS * 2**context.retry_number
        raise dg.RetryRequested(RETRIES, seconds_to_wait=wait) from error
    context.add_output_metadata(
        {"files": seen.files, "documents": state.documents, "chunks": state.chunks}
    )


@dg.asset_check(asset=index, description="Where there are files there are passages.")
def not_empty() -> dg.AssetCheckResult:
    """A run that ends well can still leave nothing to search."""
    settings = FlowSettings()
    files = snapshot(settings.folder, settings.settle_seconds).files
    chunks = choose(settings).state().chunks
    return dg.AssetCheckResult(
        passed=chunks > 0 or not files,
        metadata={"files": files, "chunks": chunks},
    )


@dg.asset_check(asset=index, description="No document was skipped: broken, encrypted, too large.")
def all_taken() -> dg.AssetCheckResult:
    """What was skipped, and why; the other documents are not affected."""
    problems = choose(FlowSettings()).state().problems
    return dg.AssetCheckResult(
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "skipped": len(problems),
            "problems": dict(list(problems.items())[:SHOWN]),
        },
    )


@dg.sensor(
    target=[index],
    minimum_interval_seconds=SETTINGS.poll_seconds,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts an update when the folder has changed and copying has ended.",
)
def folder_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Compare the folder with what it was at the last update that this sensor started."""
    settings = FlowSettings()
    try:
        seen = snapshot(settings.folder, settings.settle_seconds)
    except FileNotFoundError as error:
        return dg.SkipReason(str(error))
    if seen.fingerprint == context.cursor:
        return dg.SkipReason(f"{seen.files} files, none changed")
    if not seen.settled:
        return dg.SkipReason("files are still being written")
    # No run key: a folder that goes back to an earlier state has to be indexed again.
    return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=seen.fingerprint)


daily = dg.ScheduleDefinition(
    name="daily",
    target=[index],
    cron_schedule=SETTINGS.cron,
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Repairs whatever the sensor could not see.",
)

definitions = dg.Definitions(
    assets=[folder, index],
    asset_checks=[not_empty, all_taken],
    sensors=[folder_changed],
    schedules=[daily],
    executor=dg.in_process_executor,  # steps are short, and processes of their own start slowly
)
