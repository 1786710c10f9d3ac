"""`payments-loop experiment`: trains a candidate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payments_loop.models_option import models_option

if TYPE_CHECKING:
    from payments_loop.experiment import Candidate, Settings
    from payments_loop.lake import Lake
    from payments_loop.problem import Problem

DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option(
    "--as-of", type=DAY, help="What was known then (UTC). [default: the lake's newest row]"
)
@click.option("--until", type=DAY, help="Hold out rows from here on (UTC). [default: see settings]")
@click.option("--name", default="full", show_default=True, help="Part of the version's name.")
@click.option("--window-days", type=click.IntRange(1), help="Use only so many of the newest days.")
@click.option("--tune", is_flag=True, help="Search for better parameters first; resumable.")
@click.option("--trials", type=click.IntRange(1), help="Budget of the search.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Budget of this run.")
@click.option("--evidence", is_flag=True, help="Also write the evidence records and their plots.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/training.toml"),
    show_default=True,
    help="What to fit, and on which rows.",
)
@models_option
def command(
    *,
    as_of: datetime | None,
    until: datetime | None,
    name: str,
    window_days: int | None,
    trials: int | None,
    seconds: float | None,
    config: Path,
    models_dir: Path,
    tune: bool,
    evidence: bool,
) -> None:
    """Train a candidate, judge it on newer rows, write its bundle and record the run."""
    with _explained():
        from payments_loop.experiment import load, measure, run
        from payments_loop.lake import open_lake
        from payments_loop.problem import load_problem

        settings = _with_budget(load(config), trials, seconds)
        problem, lake = load_problem(), open_lake()
        moment = _utc(as_of) or _newest(problem, lake)
        held_out = timedelta(days=settings.data.holdout_days + problem.target.maturity_days)
        cut = _utc(until) or moment - held_out
        candidate = run(
            problem,
            lake,
            as_of=moment,
            until=cut,
            name=name,
            window_days=window_days,
            tune=tune,
            models_dir=models_dir,
            settings=settings,
            say=click.echo,
        )
        _show(candidate, settings)
        if evidence:
            for path in measure.write(candidate, problem, lake, as_of=moment, until=cut):
                click.echo(f"Wrote {path}")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what is wrong with settings, data or stores into a message."""
    from payments_loop.bundle import BundleError
    from payments_loop.experiment import ExperimentError
    from payments_loop.features import FeatureError
    from payments_loop.lake import LakeError
    from payments_loop.problem import ProblemError
    from payments_loop.tracking import TrackingError

    errors = (BundleError, ExperimentError, FeatureError, LakeError, ProblemError, TrackingError)
    try:
        yield
    except errors as error:
        raise click.ClickException(str(error)) from error


def _with_budget(settings: Settings, trials: int | None, seconds: float | None) -> Settings:
    asked = {"trials": trials, "seconds": seconds}
    given = {key: value for key, value in asked.items() if value is not None}
    tuning = settings.tuning.model_copy(update=given)
    return settings.model_copy(update={"tuning": tuning})


def _newest(problem: Problem, lake: Lake) -> datetime:
    """The moment at which the newest row was known, or now if that is earlier."""
    from payments_loop.lake import LakeError

    name = problem.spine.table or next(iter(problem.tables))
    known = [part.last_known for part in lake.parts(name) if part.last_known is not None]
    if not known:
        raise LakeError(f"the lake has no rows of {name}: ingest some first")
    return min(max(known), datetime.now(UTC))


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)


def _show(candidate: Candidate, settings: Settings) -> None:
    found = candidate.metrics
    click.echo(
        f"AUC {found['auc']:.4f} [{found['auc_low']:.4f}, {found['auc_high']:.4f}], "
        f"cost per 1,000 {found['cost_per_1000']:.1f} "
        f"(logistic regression {found['baseline_cost_per_1000']:.1f}, "
        f"never acting {found['cost_approve_all']:.1f})",
    )
    if candidate.parameters != settings.model.model_dump():
        click.echo("[model]  # for config/training.toml")
        for key, value in candidate.parameters.items():
            click.echo(f"{key} = {value:.6g}")
    click.echo(f"Bundle {candidate.path}, run {candidate.run_id}, {candidate.seconds:.1f} s")
