"""What a process that follows the registry tells about it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class FollowerMetrics:
    """How often it looked, and when that last went well."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.polls = Counter(
            "registry_polls", "Looks at the model registry", ["outcome"], registry=registry
        )
        self.success = Gauge(
            "registry_last_success_timestamp_seconds",
            "When the models folder was last in line with the registry; 0 = never",
            registry=registry,
        )
        for outcome in ("ok", "failed"):
            self.polls.labels(outcome)
