"""`text2json chaos`: load the service under faults."""

from __future__ import annotations

import click


@click.command()
@click.option("--duration", default=3.0, show_default=True, help="Seconds per fault.")
def command(duration: float) -> None:
    """Load the service under faults; exit with 1 when it does not behave.

    A slow network, connections that are reset, and more requests than it admits: it may answer
    503 only where it is overloaded, never fails otherwise, and serves as before afterwards.
    """
    from text2json.load import chaos
    from text2json.load.levels import table
    from text2json.load.service import StartError
    from text2json.load.traffic import TrafficError, from_project

    failed = []
    try:
        traffic = from_project()
        for scenario in chaos.SCENARIOS:
            level, complaints = chaos.run(scenario, traffic, duration)
            outcomes = ", ".join(f"{name}: {count}" for name, count in level.outcomes.items())
            click.echo(f"{scenario.name}: {outcomes}\n{table([level])}\n")
            failed += [f"{scenario.name}: {complaint}" for complaint in complaints]
    except (TrafficError, StartError) as error:
        raise click.ClickException(str(error)) from error
    if failed:
        raise click.ClickException("\n  ".join(["the service misbehaved", *failed]))
