"""`payments-loop score`: scores days of decisions into the lake."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from payments_loop.models_option import models_option
from payments_loop.terminal import as_of_option


@click.command()
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day (UTC); default: a week before now, so that gaps are filled.",
)
@click.option(
    "--to",
    "last",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day; default: the last whole one.",
)
@as_of_option("See the data as at this time")
@click.option(
    "--alias", default="champion", show_default=True, help="Alias or version that scores."
)
@click.option(
    "--again",
    is_flag=True,
    help="Replace scores that are there, instead of adding those that are missing.",
)
@models_option
def command(
    *,
    first: datetime | None,
    last: datetime | None,
    as_of: datetime,
    alias: str,
    again: bool,
    models_dir: Path,
) -> None:
    """Score every decision of the given days that has no score yet.

    Doing it twice changes nothing: decisions keep the score that they were made by.
    """
    from payments_loop.bundle import BundleError, Registry
    from payments_loop.features import FeatureError
    from payments_loop.lake import LakeError, open_lake
    from payments_loop.problem import ProblemError, load_problem
    from payments_loop.scoring import ScoringError, score
    from payments_loop.scoring.settings import ScoringSettings

    yesterday = (as_of - timedelta(days=1)).date()
    try:
        settings = ScoringSettings.load()
        until = last.date() if last else yesterday
        since = first.date() if first else until - timedelta(days=settings.fill_days - 1)
        if since > until:
            raise click.UsageError(f"--from {since} is after --to {until}")
        done = score(
            load_problem(),
            open_lake(),
            Registry(models_dir),
            first=since,
            last=until,
            as_of=as_of,
            alias=alias,
            again=again,
            settings=settings,
            say=click.echo,
        )
    except (BundleError, FeatureError, LakeError, ProblemError, ScoringError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{sum(day.new for day in done)} decisions scored")
