"""The metrics of every HTTP service. Dashboards, alerts and autoscaling rely on these names."""

from collections.abc import Callable
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from .problems import Kind

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Requests, their duration, and those that were refused, registered in `registry`.

    Looking a label set up in prometheus-client costs as much as incrementing it, so those on the
    request path are looked up once: calling them with label values returns the cached child. No
    label takes a value that callers choose.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # they double the series, unused
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)

        labels = ("route", "method")
        self.requests: Callable[[str, str, str], Counter] = cache(
            Counter("http_requests", "Responses", (*labels, "status"), registry=registry).labels
        )
        self.request_duration: Callable[[str, str], Histogram] = cache(
            Histogram(
                "http_request_duration_seconds",
                "Time from the start of a request to the end of its response",
                labels,
                buckets=LATENCY_BUCKETS,
                registry=registry,
            ).labels
        )
        self.in_flight = Gauge(
            "http_requests_in_flight", "Requests read and not answered", registry=registry
        )
        self.in_flight_limit = Gauge(
            "http_requests_in_flight_limit", "Most requests that are admitted", registry=registry
        )
        self.rejected = Counter(
            "http_requests_rejected", "Requests refused or given up", ["reason"], registry=registry
        )
        # An alert on an increase never fires for a series that begins at its first increment.
        for reason in ("rate_limit", "overloaded", "timeout", "draining"):
            self.rejected.labels(reason)

    def refused(self, kind: Kind) -> None:
        """Count a problem that a caller is answered with, if it is a rejection."""
        if kind.rejects:
            self.rejected.labels(kind.rejects).inc()
