"""Metrics that the exporter of the monitor has, for the tests of rules and dashboards."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from payments_loop.monitor import exporter

SUFFIXES = {"counter": "_total", "gauge": ""}


def names() -> set[str]:
    """All series that can be scraped from it."""
    made = exporter.registry(exporter.Exporter(lambda: None, Path("nowhere")))
    families = text_string_to_metric_families(generate_latest(made).decode())
    return {family.name + SUFFIXES[family.type] for family in families}
