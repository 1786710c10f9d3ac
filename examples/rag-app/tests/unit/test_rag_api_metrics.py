"""What the assistant reports becomes metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from docs_qa.rag.recorder import Recorder
from docs_qa.rag_api.metrics import STAGE_BUCKETS, Metrics


def test_every_report_is_counted() -> None:
    registry = CollectorRegistry()
    metrics: Recorder = Metrics(registry)
    metrics.stage("first_token", 0.02)
    metrics.question("model", "answered")
    metrics.tokens("openai:small", 100, 20)
    metrics.cost("openai:small", 0.5)
    metrics.model_call("openai:small", "timeout")
    metrics.cache("answers", hit=True)
    metrics.cache("answers", hit=False)
    metrics.top_score(0.72)
    metrics.invalid_citations(2)
    metrics.suspicious_passages(3)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"rag_{name}", labels)

    assert value("stage_duration_seconds_bucket", stage="first_token", le="0.025") == 1
    assert value("stage_duration_seconds_bucket", stage="first_token", le="0.01") == 0
    assert value("questions_total", mode="model", outcome="answered") == 1
    assert value("tokens_total", model="openai:small", kind="input") == 100
    assert value("tokens_total", model="openai:small", kind="output") == 20
    assert value("cost_usd_total", model="openai:small") == 0.5
    assert value("model_calls_total", model="openai:small", outcome="timeout") == 1
    assert value("cache_total", cache="answers", outcome="hit") == 1
    assert value("cache_total", cache="answers", outcome="miss") == 1
    assert value("top_score_sum") == 0.72
    assert value("invalid_citations_total") == 2
    assert value("suspicious_passages_total") == 3


def test_series_that_alerts_compare_exist_before_anything_happens() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.expect_model("openai:small")
    for name, labels in (
        ("questions_total", {"mode": "model", "outcome": "failed"}),
        ("feedback_total", {"rating": "down"}),
        ("ingestion_total", {"outcome": "failed"}),
        ("model_calls_total", {"model": "openai:small", "outcome": "open_circuit"}),
        ("last_sync_timestamp_seconds", {}),
    ):
        assert registry.get_sample_value(f"rag_{name}", labels) == 0


def test_the_latency_objectives_are_bounds_of_buckets() -> None:
    assert {2.5, 10} <= set(STAGE_BUCKETS)
