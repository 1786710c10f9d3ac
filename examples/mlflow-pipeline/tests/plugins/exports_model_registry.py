"""Metrics of a service that follows the registry, for the tests of rules and dashboards."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from payments_loop.registry.metrics import FollowerMetrics


def names() -> set[str]:
    """All series that such a service has."""
    made = CollectorRegistry()
    FollowerMetrics(made)
    return {sample.name for family in made.collect() for sample in family.samples}
