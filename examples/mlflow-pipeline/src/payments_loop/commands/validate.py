"""`payments-loop validate`: judges files, the tables of the lake, and the checks themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payments_loop.terminal import as_of_option

if TYPE_CHECKING:
    from payments_loop.lake.verdict import Verdict


@click.group()
def command() -> None:
    """Judge data before anything learns from it."""


@command.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--table", "name", required=True, help="Table that FILES would belong to.")
@as_of_option("When the files arrived.")
def file(files: tuple[Path, ...], name: str, as_of: datetime) -> None:
    """Judge FILES as if they arrived now, write their reports, and take nothing.

    They are compared with what the lake has from the days before. Exit status: 0 they would be
    taken (perhaps with warnings), 1 one would be put aside or stop the run, 2 wrong usage.
    """
    from payments_loop.lake import open_lake
    from payments_loop.lake.sources.files import read
    from payments_loop.lake.verdict import Verdict
    from payments_loop.problem import load_problem
    from payments_loop.validation import Config, report
    from payments_loop.validation.batch import examine

    worst = False
    with _explained():
        problem, lake, config = load_problem(), open_lake(), Config.load()
        table = problem.table(name)
        for path in files:
            batch = read(path.as_posix(), path.read_bytes(), table, arrived=as_of)
            verdict = Verdict(batch.findings)
            if verdict.severity != "quarantine":
                examination = examine(batch, problem, lake, config)
                page = report.write(examination, config.report.folder)
                verdict += examination.total
                click.echo(f"{path}: {examination.rows:,} rows, report {page}")
            _show(verdict, path.as_posix())
            worst |= verdict.severity in {"quarantine", "block"}
        report.refresh(config.report.folder)
    sys.exit(1 if worst else 0)


@command.command()
@as_of_option("Judge freshness at this time.")
def tables(as_of: datetime) -> None:
    """Judge whether the tables of the lake are fresh.

    Exit status: 0 they are (perhaps with warnings), 1 one is so old that the pipeline stops.
    """
    from payments_loop.lake import open_lake
    from payments_loop.problem import load_problem
    from payments_loop.validation import check_tables

    with _explained():
        verdict = check_tables(load_problem(), open_lake(), as_of)
    _show(verdict, "tables")
    sys.exit(1 if verdict.severity == "block" else 0)


@command.command()
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--days", type=click.IntRange(min=1), default=40, show_default=True)
def measure(seeds: int, days: int) -> None:
    """Measure false alarms and the detection of planted faults; write the evidence record."""
    from payments_loop.problem import load_problem
    from payments_loop.problem.load import FOLDER
    from payments_loop.validation import Config, record

    if not any(FOLDER.glob("*/problem.toml")):
        click.echo("No problem yet: there is no data to measure the checks of batches on.")
        return
    with _explained():
        path = record.write(load_problem(), seeds=seeds, days=days, config=Config.load())
    click.echo(f"wrote {path}")


def _show(verdict: Verdict, subject: str) -> None:
    from payments_loop.lake.verdict import SEVERITIES

    bad = [one for one in verdict.findings if one.severity != "pass"]
    for one in sorted(bad, key=lambda one: -SEVERITIES.index(one.severity)):
        place = f"{one.column}: " if one.column else ""
        click.echo(f"  {one.severity:<10}  {one.check:<10}  {place}{one.detail}")
    if not bad:
        click.echo(f"{subject}: nothing unusual")


@contextmanager
def _explained() -> Iterator[None]:
    from payments_loop.lake import LakeError, SourceError
    from payments_loop.problem import ProblemError
    from payments_loop.validation import ValidationConfigError

    try:
        yield
    except (ProblemError, ValidationConfigError) as error:
        raise click.UsageError(str(error)) from error
    except (LakeError, SourceError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
