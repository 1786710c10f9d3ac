"""`payments-loop features`: computes features, and proves that they cannot see the future."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from payments_loop.terminal import as_of_option

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """Compute features as they were known when it was decided."""


@command.command()
@click.option("--from", "first", type=_DAY, required=True, help="First day.")
@click.option("--to", "last", type=_DAY, required=True, help="Last day.")
@click.option("--labels", is_flag=True, help="Only decisions whose label is known, and the label.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a Parquet file (or .csv) instead of showing some rows.",
)
@as_of_option("What became known later does not exist yet.")
def build(
    first: datetime,
    last: datetime,
    as_of: datetime,
    output: Path | None,
    *,
    labels: bool,
) -> None:
    """Compute the features of all decisions from one day to another."""
    with _explained():
        from payments_loop import features
        from payments_loop.lake import open_lake
        from payments_loop.problem import load_problem

        start = first.replace(tzinfo=UTC)
        end = last.replace(tzinfo=UTC) + timedelta(days=1)
        problem, lake = load_problem(), open_lake()
        if labels:
            found = features.examples(problem, lake, start=start, end=end, as_of=as_of)
            frame = found.frame
            click.echo(f"data {found.manifest.sha256}")
        else:
            frame = features.build(problem, lake, start=start, end=end, as_of=as_of)
    if output is None:
        click.echo(str(frame))
    elif output.suffix == ".csv":
        frame.write_csv(output)
    else:
        frame.write_parquet(output)
    click.echo(f"{frame.height} decisions, {len(problem.features)} features")


@command.command()
@click.option("--day", type=_DAY, required=True, help="A day with decisions and a full history.")
def check(day: datetime) -> None:
    """Prove on your data that no feature sees the future, and that all ways agree.

    What became known at the time of a decision or later is removed, or replaced by lies; history
    is lengthened; a day is computed alone, in a week, and row by row as the service does. Exit
    status: 0 all features stay the same to the last bit, 1 some do not.
    """
    with _explained():
        from payments_loop.features.audit import audit
        from payments_loop.lake import open_lake
        from payments_loop.problem import load_problem

        checks = audit(load_problem(), open_lake(), day.date())
    for one in checks:
        click.echo(f"{'passed' if one.passed else 'FAILED'}  {one.name}: {one.detail}")
    sys.exit(0 if all(one.passed for one in checks) else 1)


@command.command()
@click.option("--as-of", type=_DAY, required=True, help="A day with enough history before it.")
def measure(as_of: datetime) -> None:
    """Measure what a leak would promise and what features cost; write the evidence record.

    The sources are read into a lake of its own, which is deleted afterwards.
    """
    import tempfile

    with _explained(), tempfile.TemporaryDirectory() as folder:
        from payments_loop.features import study
        from payments_loop.lake import Lake, ingest
        from payments_loop.problem import load_problem

        moment = as_of.replace(tzinfo=UTC)
        problem, lake = load_problem(), Lake(f"{folder}/lake")
        ingest(problem, lake, moment, say=None, set_aside=True)
        click.echo(f"wrote {study.measure(problem, lake, moment)}")


@command.group()
def feast() -> None:
    """Keep computed features in Feast (uv sync --inexact --group feast)."""


@feast.command()
@click.option("--from", "first", type=_DAY, required=True, help="First day.")
@click.option("--to", "last", type=_DAY, required=True, help="Last day.")
@as_of_option("What became known later does not exist yet.")
def apply(first: datetime, last: datetime, as_of: datetime) -> None:
    """Write the feature repository: features of these days, and their definitions."""
    with _explained():
        from payments_loop.features.feast import apply as write
        from payments_loop.lake import open_lake
        from payments_loop.problem import load_problem

        start = first.replace(tzinfo=UTC)
        end = last.replace(tzinfo=UTC) + timedelta(days=1)
        found = write(load_problem(), open_lake(), start=start, end=end, as_of=as_of)
    click.echo(f"{found.folder}: {found.rows} rows by {', '.join(found.key)}")


@feast.command()
@as_of_option("Later decisions stay out of the online store.")
def materialize(as_of: datetime) -> None:
    """Copy the newest features of each key to the online store."""
    with _explained():
        from payments_loop.features.feast import Store
        from payments_loop.problem import load_problem

        click.echo(f"{Store(load_problem()).materialize(as_of)} keys are online")


@contextmanager
def _explained() -> Iterator[None]:
    from payments_loop.features.errors import FeatureError
    from payments_loop.lake import LakeError, SourceError
    from payments_loop.problem import ProblemError

    try:
        yield
    except (FeatureError, LakeError, SourceError) as error:
        raise click.ClickException(str(error)) from error
    except ProblemError as error:
        raise click.UsageError(str(error)) from error
