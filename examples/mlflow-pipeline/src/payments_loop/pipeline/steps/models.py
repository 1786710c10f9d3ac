"""Steps from challengers to a champion, or back to the one before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payments_loop.pipeline.graph import Done, Idle, Job
from payments_loop.pipeline.race import (
    judge_versions,
    judging_rows,
)
from payments_loop.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import polars as pl

    from payments_loop.bundle import Bundle

DAY = timedelta(days=1)
ACTOR = "pipeline"
_LONG = 4  # recent windows of history, from which on the newest is something else than the whole


def rollback(job: Job[Workspace]) -> Done | Idle:
    """Bring the version before back, if the decision was to."""
    decision = job.results["decide"]
    if decision["action"] != "rollback":
        return Idle("nothing to undo")
    registry = job.workspace.registry
    left = registry.aliases()["champion"]
    version = registry.rollback(decision["because"], ACTOR, job.as_of)
    return Done({"version": version, "left": left, "because": decision["because"]})


def train_full(job: Job[Workspace]) -> Done | Idle:
    """Train on everything that has matured; the first time, the baseline is kept as a version too."""
    work = job.workspace
    first = "champion" not in work.models.aliases()
    done = _train(job, "full", None)
    if first and isinstance(done, Done):
        return Done(done.result | {"baseline": _keep_baseline(job, done.result["version"])})
    return done


def _keep_baseline(job: Job[Workspace], version: str) -> str | None:
    """Register the baseline of a version as one of its own; None if too few rows can judge it."""
    from payments_loop.bundle import Bundle
    from payments_loop.evaluation import EvaluationError
    from payments_loop.experiment import write_baseline

    work = job.workspace
    made = Bundle.load(work.models.resolve(version))
    try:
        simple = write_baseline(
            work.models.models_dir,
            made,
            judging_rows(work, job.as_of),
            work.problem.bundle_costs(),
        )
    except EvaluationError as error:
        job.say(f"no baseline to begin with: {error}")
        return None
    registry = work.registry
    tags = {"candidate": "baseline", "bundle": simple.version, "as_of": job.as_of.isoformat()}
    with registry.tracking.run("baseline", tags) as active:
        for name, value in simple.manifest.metrics.items():
            registry.tracking.client.log_metric(active.info.run_id, name, value)
    registry.register(simple.path, active.info.run_id, {"window": "baseline"})
    return simple.version


def train_recent(job: Job[Workspace]) -> Done | Idle:
    """Train on the newest rows only: after a change of the world, old rows teach the old world."""
    work = job.workspace
    days = work.settings.race.recent_days
    if not work.models.aliases() and work.history(job.as_of) < _LONG * timedelta(days=days):
        # Two challengers halve what chance each is allowed, and of a short history both would be alike.
        return Idle("history is short, and there is no champion yet")
    return _train(job, "recent", days)


def _train(job: Job[Workspace], name: str, window_days: int | None) -> Done | Idle:
    if job.results["decide"]["action"] != "retrain":
        return Idle("no race today")
    from payments_loop.experiment import ExperimentError, run

    work = job.workspace
    registry = work.registry
    try:
        candidate = run(
            work.problem,
            work.lake,
            as_of=job.as_of,
            until=work.training_end(job.as_of),
            name=name,
            window_days=window_days,
            tracking=registry.tracking,
            models_dir=work.models.models_dir,
            plots=False,  # `experiment` draws them for people
            say=job.say,
        )
    except ExperimentError as error:  # too few rows in the window, say: the other one may do
        return Idle(str(error))
    registry.register(candidate.path, candidate.run_id, {"window": name})
    return Done(
        {
            "version": candidate.version,
            "run_id": candidate.run_id,
            "rows": candidate.rows,
            "first": candidate.first.isoformat(),
            "last": candidate.last.isoformat(),
        }
    )


def gate(job: Job[Workspace]) -> Done | Idle:
    """Judge the challengers on the same rows as champion and baseline."""
    trained = [job.results[name].get("version") for name in ("train_full", "train_recent")]
    versions = [version for version in trained if version]
    if not versions:
        return Idle("no challengers")
    rows = judging_rows(job.workspace, job.as_of)
    simple = job.results["train_full"].get("baseline")
    decision = judge_versions(job.workspace, rows, versions, simple)
    if decision.winner is None:
        job.workspace.registry.keep(decision, by=ACTOR, at=job.as_of)
    return Done(decision.model_dump(mode="json"))


def canary(job: Job[Workspace]) -> Done | Idle:
    """Let the winner score the newest decisions beside the champion, before it decides any.

    The gate judged it on decisions that are weeks old, because labels are late. Here are no labels,
    but the newest inputs: a model that answers them with nonsense shows it in its decisions.
    """
    winner = job.results["gate"].get("winner")
    if winner is None:
        return Idle("no winner")
    work = job.workspace
    registry = work.registry
    champion = work.models.aliases().get("champion")
    if champion == winner:
        return Idle("the winner is champion already")
    reason = "won the race"
    registry.challenge(winner, reason=reason, by=ACTOR, at=job.as_of)
    passed, detail = _shadow(job, winner, champion)
    if not passed:
        registry.challenge(None, reason=detail, by=ACTOR, at=job.as_of)
    return Done({"version": winner, "passed": passed, "detail": detail})


def _shadow(job: Job[Workspace], winner: str, champion: str | None) -> tuple[bool, str]:
    """Whether the winner's decisions are plausible, and in which numbers."""
    from payments_loop.bundle import Bundle
    from payments_loop.features import build

    work, limits = job.workspace, job.workspace.settings.canary
    start = job.as_of - limits.days * DAY
    frame = build(work.problem, work.lake, start=start, end=job.as_of, as_of=job.as_of)
    if not len(frame):
        return True, "no decisions yet to look at"
    rate = _rate(Bundle.load(work.models.resolve(winner)), frame)
    if champion is None:
        return rate < 1, f"{rate:.2%} positive decisions on {len(frame)} rows, no champion"
    other = _rate(Bundle.load(work.models.resolve(champion)), frame)
    # One more of each: a share of nothing must not divide.
    ratio = (rate * len(frame) + 1) / (other * len(frame) + 1)
    passed = 1 / limits.factor <= ratio <= limits.factor
    return passed, (
        f"{rate:.2%} positive decisions against {other:.2%} on {len(frame)} rows "
        f"(ratio {ratio:.2f}, at most {limits.factor:g} either way)"
    )


def _rate(bundle: Bundle, frame: pl.DataFrame) -> float:
    from payments_loop.features import matrix

    rows = matrix(frame, bundle.features)
    return float(np.mean(bundle.predict(rows) >= bundle.thresholds(rows)))


def promote(job: Job[Workspace]) -> Done | Idle:
    """Make the winner champion, or leave that to a person."""
    canary = job.results["canary"]
    if not canary.get("passed"):
        return Idle("no winner" if "version" not in canary else "the canary failed")
    from payments_loop.registry import Decision

    winner = canary["version"]
    work = job.workspace
    if work.settings.canary.promotion == "approval" and "champion" in work.models.aliases():
        return Idle(f"{winner} waits for approval: `registry promote {winner} --reason ...`")
    decision = Decision.model_validate(job.results["gate"])
    work.registry.promote(winner, decision, by=ACTOR, at=job.as_of)
    return Done({"version": winner})
