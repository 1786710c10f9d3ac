"""`text2json prometheus-rules`: the alert rules for the Prometheus Operator."""

from __future__ import annotations

import sys

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is not current.")
def command(check: bool) -> None:
    """Write the PrometheusRule manifests from monitoring/prometheus/rules."""
    from text2json.monitoring import prometheus_rules

    changed = prometheus_rules.stale() if check else prometheus_rules.write()
    for path in changed:
        click.echo(f"{'not current' if check else 'wrote'}: {path}")
    if not changed:
        click.echo("PrometheusRule manifests are current")
    sys.exit(1 if check and changed else 0)
