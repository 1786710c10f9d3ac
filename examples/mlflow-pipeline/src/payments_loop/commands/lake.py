"""`payments-loop lake`: what is in the lake, who saw which rows, and the quarantine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click

from payments_loop.terminal import as_of_option, table

_WIDTH = 80


@click.group()
def command() -> None:
    """Look into the lake, and decide about batches that were put aside."""


@command.command()
@as_of_option("Judge freshness at this time.")
def status(as_of: datetime) -> None:
    """List the tables: version, rows, newest row, batches, whether new rows are overdue."""
    from payments_loop.lake import open_lake
    from payments_loop.lake.overview import overview
    from payments_loop.problem import load_problem

    with _explained():
        lines = overview(load_problem(), open_lake(), as_of)
    header = ("table", "version", "rows", "newest row", "last arrival", "taken", "aside", "")
    click.echo(table(header, lines))


@command.command()
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--table", "name", help="Only batches of this table.")
def ledger(last: int, name: str | None) -> None:
    """List the newest batches, and what became of each."""
    import polars as pl

    from payments_loop.lake import open_lake

    with _explained():
        lines = open_lake().ledger()
    if name is not None:
        lines = lines.filter(pl.col("table") == name)
    shown = ("table", "id", "arrived", "state", "rows", "new", "duplicates", "changed", "late")
    click.echo(table(shown, lines.select(shown).tail(last).rows()))


@command.command()
@click.argument("names", nargs=-1)
@click.option("--days", type=click.IntRange(min=1), default=60, show_default=True)
@as_of_option("What was known at this time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def manifest(names: tuple[str, ...], days: int, as_of: datetime, *, as_json: bool) -> None:
    """Say exactly which rows a reader sees: by default all tables of the last 60 days.

    The hash is over the content of the rows: two runs with equal hashes saw the same rows,
    whatever files they are stored in.
    """
    from payments_loop.lake import open_lake
    from payments_loop.problem import load_problem

    with _explained():
        lake = open_lake()
        chosen = names or tuple(load_problem().tables)
        start = as_of - timedelta(days=days)
        seen = lake.manifest(chosen, start=start, end=as_of, known_by=as_of)
    if as_json:
        click.echo(json.dumps(seen.json(), indent=2))
        return
    header = ("table", "version", "rows", "first", "last", "files", "sha256")
    rows = [
        (name, part.version, part.rows, part.first, part.last, len(part.files), part.sha256[:16])
        for name, part in seen.tables.items()
    ]
    click.echo(table(header, rows))
    click.echo(f"\n{seen.rows:,} rows, sha256 {seen.sha256}")


@command.command()
def measure() -> None:
    """Measure how long appending, reading and describing takes; write the evidence record."""
    from payments_loop.lake import study

    click.echo(f"wrote {study.write()}")


@command.group()
def quarantine() -> None:
    """Look at batches that were put aside, and let one in after all."""


@quarantine.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Also those that were released.")
def list_(*, everything: bool) -> None:
    """List the batches that were put aside, with the first reason."""
    from payments_loop.lake import open_lake

    with _explained():
        found = open_lake().quarantined()
    rows = [
        (one.table, one.id, one.arrived, one.rows, one.state, _first(one.verdict.reasons))
        for one in found
        if everything or one.state == "quarantined"
    ]
    if not rows:
        click.echo("The quarantine is empty.")
        return
    click.echo(table(("table", "id", "arrived", "rows", "state", "reason"), rows))


@quarantine.command()
@click.argument("batch_id")
@click.option("--rows", type=click.IntRange(min=0), default=10, show_default=True)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write all its rows to this Parquet file.",
)
def show(batch_id: str, rows: int, output: Path | None) -> None:
    """Show why a batch was put aside, and its first rows."""
    from payments_loop.lake import open_lake

    with _explained():
        lake = open_lake()
        frame = lake.quarantined_rows(batch_id)
        found = next(one for one in lake.quarantined() if one.id == batch_id)
    click.echo(f"{found.id}  {found.state}, {found.rows:,} rows for {found.table}")
    click.echo(f"arrived {found.arrived:%Y-%m-%d %H:%M:%S} UTC, sha256 {found.sha256}\n")
    for finding in found.verdict.findings:
        place = f" {finding.column}:" if finding.column else ""
        click.echo(f"  {finding.severity:10}  {finding.check}:{place} {finding.detail}")
    if rows and frame.height:
        click.echo(f"\n{table(frame.columns, frame.head(rows).rows())}")
    if output is not None:
        frame.write_parquet(output)
        click.echo(f"\nwrote {output}")


@quarantine.command()
@click.argument("batch_id")
@as_of_option("Time of the decision.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def release(batch_id: str, as_of: datetime, *, yes: bool) -> None:
    """Let a batch in, because its rows are right; models may learn from them from now on."""
    from payments_loop.lake import open_lake

    with _explained():
        lake = open_lake()
        rows = lake.quarantined_rows(batch_id).height
    if not yes and not click.confirm(f"Take the {rows:,} rows of {batch_id} as they are?"):
        sys.exit(1)
    with _explained():
        done = lake.release(batch_id, at=as_of)
    if done.repeated:
        click.echo(f"{done.batch}: was released before")
        return
    click.echo(f"{done.batch}: {done.new:,} rows, version {done.version}")


def _first(reasons: tuple[str, ...]) -> str:
    """Shorten the reasons to a line; `quarantine show` has all of them."""
    line = reasons[0] if reasons else ""
    line = line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."
    return f"{line} (+{len(reasons) - 1})" if len(reasons) > 1 else line


@contextmanager
def _explained() -> Iterator[None]:
    from payments_loop.lake import LakeError
    from payments_loop.problem import ProblemError

    try:
        yield
    except (LakeError, ProblemError) as error:
        raise click.UsageError(str(error)) from error
