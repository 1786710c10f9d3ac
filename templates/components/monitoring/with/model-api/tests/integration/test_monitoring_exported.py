"""Rules and dashboards read only what the service exports."""

from pathlib import Path

import pytest
from plugins.monitoring import used_metrics
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from my_project.api.app import create_app
from my_project.api.settings import Settings

SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}


@pytest.fixture
def exported(tmp_path: Path) -> set[str]:
    """Names of all series that the service can have, with and without traffic."""
    app = create_app(Settings(models_dir=tmp_path))
    text = generate_latest(app.service.registry).decode()
    return {
        family.name + suffix
        for family in text_string_to_metric_families(text)
        for suffix in SUFFIXES.get(family.type, ())
    }


def test_every_metric_that_is_read_is_exported(exported: set[str]) -> None:
    assert used_metrics() - exported == set()


def test_the_comparison_sees_something(exported: set[str]) -> None:
    assert len(used_metrics()) > 15
    assert "http_requests_total" in used_metrics() & exported
