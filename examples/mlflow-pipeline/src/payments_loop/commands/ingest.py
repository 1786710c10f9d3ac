"""`payments-loop ingest`: takes what is new from every source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payments_loop.terminal import as_of_option

if TYPE_CHECKING:
    from payments_loop.lake import Ingested, Lake
    from payments_loop.problem import Problem


@click.command()
@click.argument(
    "files",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--table", "name", help="Table that FILES belong to.")
@as_of_option("Leave later arrivals for a later run.")
@click.option(
    "--set-aside",
    is_flag=True,
    help="Put a batch that would stop the run into the quarantine, and go on.",
)
def command(
    files: tuple[Path, ...],
    name: str | None,
    as_of: datetime,
    *,
    set_aside: bool,
) -> None:
    """Take every batch that is new, from the sources of the problem or from FILES.

    Batches are checked: a broken one goes to the quarantine (see `lake quarantine list`) and never
    into the tables. Running it again takes nothing twice. Exit status: 0 done (even if batches were
    put aside), 1 a check stopped the run or a source failed, 2 wrong usage or configuration.
    """
    from payments_loop.lake import (
        BlockedError,
        LakeError,
        SourceError,
        ingest,
        open_lake,
    )
    from payments_loop.problem import ProblemError, load_problem

    if bool(files) != (name is not None):
        raise click.UsageError("FILES and --table belong together")
    try:
        problem = load_problem()
        lake = open_lake()
        if name is None:
            done = ingest(problem, lake, as_of, say=click.echo, set_aside=set_aside)
        else:
            done = _files(problem, lake, name, files, as_of, set_aside=set_aside)
    except ProblemError as error:
        raise click.UsageError(str(error)) from error
    except (BlockedError, LakeError, SourceError) as error:
        raise click.ClickException(str(error)) from error
    aside = sum(one.state == "quarantined" for one in done)
    rows = sum(one.appended.new for one in done if one.appended)
    click.echo(f"{len(done) - aside} batches taken ({rows:,} new rows), {aside} in quarantine")


def _files(
    problem: Problem,
    lake: Lake,
    name: str,
    files: tuple[Path, ...],
    arrived: datetime,
    *,
    set_aside: bool,
) -> list[Ingested]:
    from payments_loop.lake import checks
    from payments_loop.lake.ingest import line, take
    from payments_loop.lake.sources.files import read

    table = problem.table(name)
    done = []
    try:
        for path in files:
            batch = read(path.as_posix(), path.read_bytes(), table, arrived=arrived)
            if batch.id in lake.seen(name):
                click.echo(f"{batch.id}: was taken before")
                continue
            done.append(take(problem, lake, table, batch, set_aside=set_aside))
            click.echo(line(done[-1]))
    finally:
        checks.finish()
    return done
