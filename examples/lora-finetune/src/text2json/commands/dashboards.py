"""`text2json dashboards`: the Grafana dashboards."""

from __future__ import annotations

import sys

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is not current.")
def command(check: bool) -> None:
    """Write monitoring/grafana/dashboards from the modules in monitoring/boards."""
    from text2json.monitoring import dashboards

    changed = dashboards.stale() if check else dashboards.write()
    for path in changed:
        click.echo(f"{'not current' if check else 'wrote'}: {path}")
    if not changed:
        click.echo("dashboards are current")
    sys.exit(1 if check and changed else 0)
