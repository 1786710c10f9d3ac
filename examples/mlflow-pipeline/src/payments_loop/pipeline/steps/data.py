"""Steps from arriving batches to an observed model."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from payments_loop.pipeline.graph import Done, Idle, Job
from payments_loop.pipeline.records import digest
from payments_loop.pipeline.workspace import Workspace

DAY = timedelta(days=1)
# A batch may be late by this much and its day is still scored.
LOOK_BACK_DAYS = 14


class BlockedError(Exception):
    """The data as a whole is not fit to be worked on; the findings say why."""


def ingest(job: Job[Workspace]) -> Done:
    """Take all batches that had arrived by then."""
    import polars as pl

    from payments_loop.lake import ingest as take

    work = job.workspace
    take(work.problem, work.lake, job.as_of, say=job.say)
    known = work.lake.ledger().filter(pl.col("arrived") <= job.as_of).sort("arrived", "id")
    newest = known.filter(pl.col("arrived") > job.as_of - DAY)
    aside = newest.filter(pl.col("state") == "quarantined")
    return Done(
        {
            "batches": known.height,
            "newest": newest.height - aside.height,
            "quarantined": aside["id"].to_list(),
            "duplicates": int(newest["duplicates"].fill_null(0).sum()),
            "late": int(newest["late"].fill_null(0).sum()),
            # What decides which rows there are: the batches and what became of them.
            "data_sha256": digest(known.select("id", "sha256", "state").rows()),
        }
    )


def validate(job: Job[Workspace]) -> Done:
    """Look at all tables together.

    Raises:
        BlockedError: a table is too stale, or too much of it was put aside.
    """
    from payments_loop.validation import check_tables

    work = job.workspace
    verdict = check_tables(work.problem, work.lake, job.as_of)
    found = [f"{one.check}: {one.detail}" for one in verdict.findings if one.severity != "pass"]
    if verdict.severity == "block":
        raise BlockedError("; ".join(found))
    return Done(
        {
            "severity": verdict.severity,
            "findings": found,
            "data_sha256": job.results["ingest"]["data_sha256"],
        }
    )


def features(job: Job[Workspace]) -> Done:
    """Build the newest day's features, which scoring then finds in the cache.

    Raises:
        BlockedError: they are not what models are fitted on.
    """
    from payments_loop.features import build
    from payments_loop.validation import check_features

    work = job.workspace
    day = job.as_of - DAY
    frame = build(work.problem, work.lake, start=day, end=job.as_of, as_of=job.as_of)
    if len(frame):  # a day whose batch is missing or was put aside has none; the monitor says so
        verdict = check_features(frame, work.problem)
        if verdict.severity == "block":
            raise BlockedError("; ".join(one.detail for one in verdict.findings))
    return Done(
        {
            "day": day.date().isoformat(),
            "rows": len(frame),
            "frame_hash": str(frame.hash_rows(seed=0).sum() if len(frame) else 0),
            "data_sha256": job.results["validate"]["data_sha256"],
        }
    )


def score(job: Job[Workspace]) -> Done | Idle:
    """Score every day whose rows are not all scored: yesterday, missed days, late batches."""
    from payments_loop.scoring import score_day

    work = job.workspace
    away = work.follow()
    if away:
        job.say(f"the registry is not followed, the models here go on: {away}")
    champion = work.models.aliases().get("champion")
    if champion is None:
        return Idle("there is no champion yet")
    before = work.records.latest("score", before=job.as_of)
    known = before.result["rows_by_day"] if before else {}
    rows = _rows_by_day(work, job.as_of)
    days = [day for day in rows if rows[day] != known.get(day)] if before else list(rows)[-1:]
    scored = [
        score_day(work.problem, work.lake, work.models, date.fromisoformat(day), as_of=job.as_of)
        for day in days
    ]
    return Done(
        {
            "version": champion,
            "registry_away": away,
            "rows": sum(one.rows for one in scored),
            "days": days,
            "rows_by_day": rows,
            "data_sha256": job.results["features"]["data_sha256"],
        }
    )


def _rows_by_day(work: Workspace, as_of: datetime) -> dict[str, int]:
    """Decisions per day that are known by now, oldest day first."""
    import polars as pl

    start = as_of - LOOK_BACK_DAYS * DAY
    table = work.problem.spine.table
    if table is None:  # nothing to count: each day is scored once
        days = [start.date() + number * DAY for number in range(LOOK_BACK_DAYS)]
        return {day.isoformat(): 1 for day in days}
    counted = (
        work.lake.scan(table, start=start, end=as_of, known_by=as_of)
        .group_by("day")
        .agg(pl.len().alias("rows"))
        .sort("day")
        .collect()
    )
    return {day.isoformat(): rows for day, rows in counted.select("day", "rows").iter_rows()}


def monitor(job: Job[Workspace]) -> Done:
    """Observe the model and its data."""
    from payments_loop.monitor import observe

    work = job.workspace
    report = observe(work.problem, work.lake, as_of=job.as_of, models=work.models)
    return Done(
        {
            "version": report.version,
            "alarms": [
                {
                    "name": one.name,
                    "subject": one.subject,
                    "severity": one.severity,
                    "detail": one.detail,
                    "since": one.since.astimezone(UTC).isoformat(),
                }
                for one in report.problems
            ],
            "data_sha256": job.results["score"].get("data_sha256", ""),
        }
    )
