"""`payments-loop pipeline ...`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec

import click

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """Run the loop: data in, scores out, models watched, retrained, judged and promoted."""


def _midnight(given: datetime | None) -> datetime:
    """Start of the given day, or of today: one run per day, however often it is asked for."""
    day = given or datetime.now(UTC)
    return day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)


def _days(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += timedelta(days=1)


@command.command()
@click.option("--as-of", type=DAY, help="See the world as at the start of this day (UTC).")
@click.option("--since", type=DAY, help="First run every missed day from this one on.")
@click.option("--until", metavar="STEP", help="Stop after this step.")
@click.option("--only", metavar="STEP", help="Run this step alone; those it needs have run.")
@click.option("--force", is_flag=True, help="Run steps although nothing has changed for them.")
def run(
    as_of: datetime | None,
    since: datetime | None,
    until: str | None,
    only: str | None,
    force: bool,
) -> None:
    """Run every step that has something new to do; by default as of the last midnight (UTC).

    A run that was interrupted is continued by running it again.
    """
    from payments_loop.pipeline.graph import GraphError
    from payments_loop.pipeline.records import BusyError
    from payments_loop.pipeline.run import open_runner
    from payments_loop.pipeline.runner import StepError
    from payments_loop.pipeline.settings import SettingsError
    from payments_loop.pipeline.workspace import Workspace

    if only and (until or since):
        raise click.UsageError("--only excludes --until and --since")
    work, last = Workspace(), _midnight(as_of)
    try:
        for moment in _days(_midnight(since) if since else last, last):
            runner = open_runner(moment, workspace=work, say=click.echo, force=force)
            click.echo(f"as of {moment:%Y-%m-%d}")
            if only:
                runner.run_one(only)
            else:
                runner.run(until)
    except (GraphError, SettingsError) as error:
        raise click.UsageError(str(error)) from error
    except (StepError, BusyError) as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.option("--as-of", type=DAY, help="Of the run at the start of this day; default: the newest.")
@click.option("--json", "as_json", is_flag=True, help="The records, as JSON.")
def status(as_of: datetime | None, as_json: bool) -> None:
    """Show what each step of a run did, and when."""
    from payments_loop.pipeline.runner import brief
    from payments_loop.pipeline.steps import GRAPH
    from payments_loop.pipeline.workspace import Workspace

    records = Workspace().records
    runs = records.runs()
    if not runs:
        raise click.ClickException("nothing has run yet: call `pipeline run`")
    moment = _midnight(as_of) if as_of else runs[-1]
    found = {name: records.read(moment, name) for name in GRAPH.names}
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found.values() if one], indent=2))
        return
    click.echo(f"as of {moment:%Y-%m-%d}, {len(runs)} runs so far")
    for name, record in found.items():
        told = "not run" if record is None else record.error or brief(record.result)
        outcome = "" if record is None else f"{record.outcome} {record.started[:16]}"
        click.echo(f"{name:<13} {outcome:<24} {told}")


@command.command()
def graph() -> None:
    """Print the step graph as a mermaid flowchart."""
    from payments_loop.pipeline.steps import GRAPH

    click.echo(GRAPH.mermaid())


@command.command()
@click.argument("orchestrator", type=click.Choice(["airflow", "kfp"]))
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is out of date.")
def export(orchestrator: str, check: bool) -> None:
    """Write the step graph as an Airflow DAG or a Kubeflow pipeline, into orchestration/."""
    from payments_loop.pipeline.export import FILES

    path, render = FILES[orchestrator]
    text = render()
    if check:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise click.ClickException(f"{path} is out of date: pipeline export {orchestrator}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    click.echo(path)


# Comes with a problem whose truth is known
_SIMULATION = "payments_loop.pipeline.simulation"
if find_spec(_SIMULATION):
    command.add_command(import_module(f"{_SIMULATION}.command").simulate)
