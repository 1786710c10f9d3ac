"""`payments-loop payments`: the generated world, and how hard its problem is."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def command() -> None:
    """Look at the generated world of payments."""


@command.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("problems/payments"),
    show_default=True,
    help="Problem folder with a world.toml.",
)
def incidents(folder: Path) -> None:
    """List what happens in the world, and when: the answers that monitoring is marked against."""
    from payments_loop.payments import load_world
    from payments_loop.problem import ProblemError

    try:
        world = load_world(folder)
    except ProblemError as error:
        raise click.ClickException(str(error)) from error
    for incident in world.incidents:
        lasts = f" to {incident.last}" if incident.last > incident.first else ""
        period = f"{incident.first}{lasts}"
        click.echo(f"{period:<25}{incident.kind:<17}{incident.detail}")


@command.command()
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Number of worlds.",
)
def measure(seeds: int) -> None:
    """Measure how rare frauds are, how well they can be told, and what simple rules cost."""
    import payments_loop.payments.measure as study
    from payments_loop.problem import ProblemError, load_problem

    try:
        costs = load_problem("payments").bundle_costs()
    except ProblemError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Wrote {study.measure(range(1, seeds + 1), costs)}")
