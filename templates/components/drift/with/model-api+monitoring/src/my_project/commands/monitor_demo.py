"""`my-project monitor-demo`: watch a drift alert come up."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from my_project.models_option import models_option


@click.command()
@models_option
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the traffic.")
@click.option(
    "--normal-seconds",
    type=click.IntRange(5, 300),
    default=15,
    show_default=True,
    help="Length of the normal traffic.",
)
@click.option(
    "--shifted-seconds",
    type=click.IntRange(5, 300),
    default=45,
    show_default=True,
    help="Longest wait for the alert under shifted traffic.",
)
def command(models_dir: Path, seed: int, normal_seconds: int, shifted_seconds: int) -> None:
    """Serve the champion, send normal then shifted traffic, and watch the drift alert fire.

    Uses Prometheus if it is installed, otherwise promtool. Exit status: 0 if the alert fired, and
    only under shifted traffic.
    """
    from my_project.bundle import BundleError
    from my_project.demo import summary
    from my_project.demo.processes import DemoError
    from my_project.demo.run import Plan, run

    # The processes are stopped on the way out; SIGTERM must take that way too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = Plan(normal_seconds, shifted_seconds, seed=seed)
    try:
        outcome = run(plan, models_dir, click.echo)
    except (BundleError, DemoError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n" + "\n".join(summary.lines(outcome)))
    if outcome.problem:
        sys.exit(1)
    click.echo(f"wrote {summary.write(outcome, plan)}")
