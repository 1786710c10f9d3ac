"""The step that decides: gathers the facts, and leaves the weighing to `triggers`."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments_loop.pipeline.graph import Done, Job
from payments_loop.pipeline.records import Record
from payments_loop.pipeline.settings import WEEKDAYS
from payments_loop.pipeline.triggers import Facts, Regret
from payments_loop.pipeline.triggers import decide as weigh
from payments_loop.pipeline.workspace import Workspace


def decide(job: Job[Workspace]) -> Done:
    """Keep, retrain or roll back."""
    work, as_of = job.workspace, job.as_of
    aliases = work.models.aliases()
    race = work.records.latest("gate", before=as_of)
    promotion = work.records.latest("promote", before=as_of)
    facts = Facts(
        as_of=as_of,
        champion=aliases.get("champion"),
        champion_since=_moment(promotion),
        last_race=_moment(race),
        fresh_rows=_fresh_rows(work, as_of, race),
        alarms=[
            (one["name"], one["detail"])
            for one in job.results["monitor"]["alarms"]
            if one["severity"] == "alarm"
        ],
        regret=_regret(work, as_of),
    )
    return Done(weigh(facts, work.settings).json())


def _moment(record: Record | None) -> datetime | None:
    return datetime.fromisoformat(record.as_of) if record else None


def _fresh_rows(work: Workspace, as_of: datetime, race: Record | None) -> int:
    """Decisions that matured since the last race and were in neither its training nor its gate."""
    table = work.problem.spine.table
    if race is None or table is None:
        return work.settings.decide.minimum_fresh_rows  # unknown counts as enough
    import polars as pl

    start = datetime.fromisoformat(race.as_of) - work.maturity
    rows = work.lake.scan(table, start=start, end=as_of - work.maturity, known_by=as_of)
    return int(rows.select(pl.len()).collect().item())


def _regret(work: Workspace, as_of: datetime) -> Regret | None:
    """Score the version before on what has matured since the champion was promoted, by whomever.

    Its labels came after the promotion, so neither training nor gate has seen these decisions, and
    the first of them are there on the next day, however late labels are.
    """
    days = work.settings.decide.weekdays
    if days and WEEKDAYS[as_of.weekday()] not in days:
        return None  # weeks of labels change little in a day, and scoring them twice takes time
    before = work.models.aliases().get("previous")
    if before is None:
        return None
    change = work.registry.last_change(before=as_of)
    watched = timedelta(days=work.settings.rollback.watch_days)
    if change is None or change.action == "rollback" or as_of - change.at > watched:
        return None
    return _compare(work, change.at - work.maturity, as_of - work.maturity, as_of, before)


def _compare(
    work: Workspace, start: datetime, end: datetime, as_of: datetime, before: str
) -> Regret:
    from payments_loop.bundle import Bundle
    from payments_loop.evaluation import EvaluationError, delong
    from payments_loop.features import examples

    data = examples(work.problem, work.lake, start=start, end=end, as_of=as_of).dataset
    champion, previous = (Bundle.load(work.models.resolve(name)) for name in ("champion", before))
    try:
        gain = delong(data.y, previous.predict(data.X), champion.predict(data.X))
    except EvaluationError:  # too few positives to tell
        return Regret(rows=0, gain=0.0, p_value=1.0)
    return Regret(rows=len(data), gain=gain.value, p_value=gain.p_value)
