"""Results as metrics, for a Pushgateway or the textfile collector of a node exporter."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, write_to_textfile

from .asking import Outcome

JOB = "text2json"  # the dashboards show one job; let Prometheus honour pushed labels


def registry(outcomes: Sequence[Outcome]) -> CollectorRegistry:
    """The metrics of one run."""
    found = CollectorRegistry()

    def gauge(name: str, text: str) -> Gauge:
        return Gauge(f"llm_canary_{name}", text, ["model"], registry=found)

    score = gauge("score", "Share of the canary set that was answered right")
    valid = gauge("valid", "Share of the answers that are JSON")
    failed = gauge("failed", "Share of the canary set without an answer")
    latency = gauge("latency_seconds", "Median time of an answer")
    tokens = gauge("tokens", "Mean length of an answer")
    rows = gauge("rows", "Questions of the canary set")
    at = gauge("timestamp_seconds", "When the canary set was asked")
    for outcome in outcomes:
        score.labels(outcome.model).set(outcome.score)
        valid.labels(outcome.model).set(outcome.valid)
        failed.labels(outcome.model).set(outcome.failed)
        latency.labels(outcome.model).set(outcome.latency_seconds)
        tokens.labels(outcome.model).set(outcome.tokens)
        rows.labels(outcome.model).set(outcome.rows)
        at.labels(outcome.model).set(time.time())
    return found


def hand_on(outcomes: Sequence[Outcome], gateway: str = "", textfile: Path | None = None) -> None:
    """Push the metrics, or write them, or both.

    Raises:
        OSError: the gateway cannot be reached, or the file cannot be written.
    """
    metrics = registry(outcomes)
    if gateway:
        push_to_gateway(gateway, job=JOB, registry=metrics)
    if textfile is not None:
        write_to_textfile(str(textfile), metrics)
