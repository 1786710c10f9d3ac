"""Rules and dashboards read only what the service with all its plugins, or an exporter, exports."""

import os

import pytest
from plugins.monitoring import (
    exported_elsewhere,
    rules,
    used_metrics,
)
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from text2json.api.app import create_app
from text2json.api.edge import Edge
from text2json.api.settings import Settings

OBJECTIVE = "route:http_latency_objective:info"
SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Edge:
    for name in [name for name in os.environ if name.startswith("APP_")]:
        monkeypatch.delenv(name)
    return create_app(Settings())


@pytest.fixture
def exported(app: Edge) -> set[str]:
    """Names of all series that the service can have, with and without traffic."""
    text = generate_latest(app.service.registry).decode()
    return {
        family.name + suffix
        for family in text_string_to_metric_families(text)
        for suffix in SUFFIXES.get(family.type, ())
    }


def test_every_metric_that_is_read_is_exported(exported: set[str]) -> None:
    assert used_metrics() - exported - exported_elsewhere() == set()


def test_the_comparison_sees_something(exported: set[str]) -> None:
    assert len(used_metrics()) > 5
    assert "http_requests_total" in used_metrics() & exported


def test_objectives_are_for_routes_and_buckets_that_exist(app: Edge) -> None:
    objectives = [rule["labels"] for rule in rules() if rule.get("record") == OBJECTIVE]
    routes = {objective["route"] for objective in objectives}
    assert len(routes) == len(objectives), "a route has one objective"
    assert routes <= app.api.openapi()["paths"].keys()
    app.service.metrics.request_duration("/v1", "GET").observe(0)
    text = generate_latest(app.service.registry).decode()
    buckets = {
        sample.labels["le"]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "http_request_duration_seconds_bucket"
    }
    assert {objective["le"] for objective in objectives} <= buckets - {"+Inf"}
