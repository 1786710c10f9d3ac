"""The metrics of models. Dashboards and alerts rely on these names."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
)

DURATION_BUCKETS = (
    *(0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005),
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
SHARE_BUCKETS = tuple(step / 20 for step in range(1, 21))
DIFFERENCE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)


class Scored(NamedTuple):
    """The metrics of one model in one role."""

    duration: Histogram
    rows: Counter
    probability: Histogram


class PredictionMetrics:
    """All of them, registered in `registry`.

    Those on the request path are looked up once, as in the metrics of the service: calling them
    with label values returns the cached child.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, text, labels, buckets=buckets, registry=registry)

        self.queue_depth = gauge("inference_queue_depth", "Rows waiting for the scoring thread")
        self.queue_capacity = gauge("inference_queue_capacity", "Most rows that may wait")
        self.batch_size = histogram(
            "inference_batch_size", "Rows scored by one call of the model", BATCH_BUCKETS
        )
        self._inference_duration = histogram(
            "inference_duration_seconds",
            "Duration of one call of the model",
            DURATION_BUCKETS,
            "model_version",
            "role",
        )
        self._rows = counter("inference_rows", "Rows scored", "model_version", "role")
        self.errors = counter("inference_errors", "Failures around scoring", "kind")

        self._probability = histogram(
            "prediction_probability",
            "Probabilities that callers were given",
            SHARE_BUCKETS,
            "model_version",
        )
        self.predictions: Callable[[str, str], Counter] = cache(
            counter(
                "predictions", "Decisions that callers were given", "model_version", "decision"
            ).labels
        )
        self.scored: Callable[[str, str], Scored] = cache(self._scored)

        self.model_info = gauge("model_info", "1 for every version in use", "version", "alias")
        self.model_created = gauge(
            "model_created_timestamp_seconds", "When the version was made", "version", "alias"
        )
        self.model_loaded = gauge(
            "model_loaded_timestamp_seconds", "When the alias was last loaded", "alias"
        )
        self.reload_failures = counter(
            "model_reload_failures", "Models that could not be loaded; the one before stays"
        )
        self.shadow_dropped = counter("shadow_dropped", "Rows not scored by a shadow: queue full")
        self.shadow_difference = histogram(
            "shadow_absolute_difference",
            "Absolute difference between the probabilities of champion and shadow",
            DIFFERENCE_BUCKETS,
        )
        # An alert on an increase never fires for a series that begins at its first increment.
        for kind in ("model", "observer", "shadow"):
            self.errors.labels(kind)

    def _scored(self, version: str, role: str) -> Scored:
        return Scored(
            self._inference_duration.labels(version, role),
            self._rows.labels(version, role),
            self._probability.labels(version),
        )
