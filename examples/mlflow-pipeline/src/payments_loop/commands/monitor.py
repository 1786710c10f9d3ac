"""`payments-loop monitor`: watches the champion, and what feeds it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payments_loop.models_option import models_option
from payments_loop.terminal import as_of_option

if TYPE_CHECKING:
    from payments_loop.bundle import Registry
    from payments_loop.monitor import Report

PAGE = Path("reports") / "monitor.html"
_as_of = as_of_option("See the world as at this time")
_page = click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    default=PAGE,
    show_default=True,
    help="HTML file to write.",
)


@click.group()
@models_option
@click.pass_context
def command(context: click.Context, models_dir: Path) -> None:
    """Find out whether the champion is still good, and whether its data still arrives."""
    from payments_loop.bundle import Registry

    context.obj = Registry(models_dir)


@command.command()
@_as_of
@click.option("--window-days", type=click.IntRange(min=1), default=7, show_default=True)
@_page
@click.pass_obj
def observe(models: Registry, as_of: datetime, window_days: int, page: Path) -> None:
    """Observe once, store the report and write the page.

    Exit status: 0 if nothing is wrong or worth a warning only, 1 with an alarm.
    """
    from payments_loop.lake import open_lake
    from payments_loop.monitor import observe as look
    from payments_loop.monitor.page import write
    from payments_loop.problem import load_problem

    with _explained():
        problem, lake = load_problem(), open_lake()
        report = look(problem, lake, as_of=as_of, models=models, window_days=window_days)
        write(problem, lake, as_of, page)
    _show(report)
    click.echo(f"wrote {page}")
    sys.exit(1 if any(problem.severity == "alarm" for problem in report.problems) else 0)


@command.command()
@_as_of
@_page
def page(as_of: datetime, page: Path) -> None:
    """Write the page from the reports that are stored, without observing anew."""
    from payments_loop.lake import open_lake
    from payments_loop.monitor.page import write
    from payments_loop.problem import load_problem

    with _explained():
        write(load_problem(), open_lake(), as_of, page)
    click.echo(f"wrote {page}")


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=9108, show_default=True)
def serve(host: str, port: int) -> None:
    """Export the last report and the runs of the pipeline to Prometheus."""
    from payments_loop.lake import open_lake
    from payments_loop.monitor import exporter, store
    from payments_loop.monitor.server import serve as run

    with _explained():
        lake = open_lake()
    click.echo(f"http://{host}:{port}/metrics")
    run(exporter.registry(exporter.Exporter(lambda: store.newest(lake))), host=host, port=port)


@command.command()
@click.option("--seeds", type=click.IntRange(min=5), default=60, show_default=True)
@click.pass_obj
def measure(models: Registry, seeds: int) -> None:
    """Measure the monitor's false alarms and what it finds; write the evidence record."""
    from payments_loop.bundle import Bundle
    from payments_loop.monitor import record

    with _explained():
        if "champion" not in models.aliases():
            click.echo("No champion yet: the monitor cannot be measured. Train a model first.")
            return
        bundle = Bundle.load(models.resolve("champion"))
        click.echo(f"wrote {record.write(bundle, seeds)}")


def _show(report: Report) -> None:
    click.echo(f"{report.as_of:%Y-%m-%d %H:%M} UTC, champion {report.version or 'none'}")
    if auc := report.value("auc", window=f"{report.window_days}d"):
        click.echo(f"AUC of matured decisions {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]")
    for one in report.problems:
        subject = f" {one.subject}" if one.subject else ""
        click.echo(f"{one.severity:8} {one.name}{subject}: {one.detail}")
    if not report.problems:
        click.echo("nothing is wrong")


@contextmanager
def _explained() -> Iterator[None]:
    from payments_loop.bundle import BundleError
    from payments_loop.features import FeatureError
    from payments_loop.lake import LakeError
    from payments_loop.monitor.settings import MonitorError
    from payments_loop.problem import ProblemError

    try:
        yield
    except (BundleError, FeatureError, LakeError, MonitorError, ProblemError) as error:
        raise click.ClickException(str(error)) from error
