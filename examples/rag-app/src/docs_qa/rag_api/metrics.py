"""The metrics of questions and documents. Dashboards and alerts rely on these names."""

from __future__ import annotations

from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
)

from docs_qa.rag import events, recorder

# From an extracted answer (milliseconds) to a long one of a slow model; the objectives in
# monitoring/prometheus/rules/rag.yml, 2.5 and 10 s, must be among them.
STAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
SCORE_BUCKETS = tuple(step / 20 for step in range(21))
RATINGS = ("up", "down")
INGESTION = ("added", "changed", "removed", "skipped", "failed")


class Metrics:
    """Counts what the assistant reports, and what happens to documents; registered in `registry`.

    It is a `docs_qa.rag.Recorder`. No label takes a value that callers choose: models are those
    that were configured.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"rag_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"rag_{name}", text, registry=registry)

        self._stages = Histogram(
            "rag_stage_duration_seconds",
            "Duration of one stage of one question",
            ["stage"],
            buckets=STAGE_BUCKETS,
            registry=registry,
        )
        self._questions = counter("questions", "Questions that have ended", "mode", "outcome")
        self._tokens = counter("tokens", "Tokens of model calls", "model", "kind")
        self._cost = counter("cost_usd", "Cost of model calls with a known price", "model")
        self._calls = counter("model_calls", "Attempts to call a model", "model", "outcome")
        self._cache = counter("cache", "Looks into caches", "cache", "outcome")
        self._top_score = Histogram(
            "rag_top_score",
            "Evidence of the best passage for a question",
            buckets=SCORE_BUCKETS,
            registry=registry,
        )
        self._citations = counter("invalid_citations", "Citations removed from answers")
        self._suspicious = counter(
            "suspicious_passages", "Retrieved passages that seem to address a language model"
        )
        self.reference_top_score = gauge(
            "reference_top_score", "Mean of rag_top_score on the evaluation set; 0 if unknown"
        )
        self.feedback = counter("feedback", "Ratings of answers", "rating")
        self.ingestion = counter("ingestion", "What became of documents", "outcome")
        self.documents = gauge("documents", "Documents that answers may use")
        self.chunks = gauge("chunks", "Passages in the index, those being replaced included")
        self.last_sync = gauge(
            "last_sync_timestamp_seconds", "When the folder was last read to its end; 0 for never"
        )
        # An alert on an increase never fires for a series that begins at its first increment.
        for mode in get_args(events.Mode):
            for outcome in get_args(recorder.Outcome):
                self._questions.labels(mode, outcome)
        for rating in RATINGS:
            self.feedback.labels(rating)
        for happened in INGESTION:
            self.ingestion.labels(happened)

    def expect_model(self, model: str) -> None:
        """Begin the series of a model that will be called."""
        for outcome in get_args(recorder.CallOutcome):
            self._calls.labels(model, outcome)

    def stage(self, stage: recorder.Stage, seconds: float) -> None:
        """Observe the duration of one stage of one question."""
        self._stages.labels(stage).observe(seconds)

    def question(self, mode: events.Mode, outcome: recorder.Outcome) -> None:
        """Count one question that has ended."""
        self._questions.labels(mode, outcome).inc()

    def tokens(self, model: str, input_tokens: int, output_tokens: int) -> None:
        """Count what one model call used."""
        self._tokens.labels(model, "input").inc(input_tokens)
        self._tokens.labels(model, "output").inc(output_tokens)

    def cost(self, model: str, usd: float) -> None:
        """Count what one model call cost."""
        self._cost.labels(model).inc(usd)

    def model_call(self, model: str, outcome: recorder.CallOutcome) -> None:
        """Count one attempt to call a model."""
        self._calls.labels(model, outcome).inc()

    def cache(self, cache: str, *, hit: bool) -> None:
        """Count one look into a cache."""
        self._cache.labels(cache, "hit" if hit else "miss").inc()

    def looks(self, cache: str, *, hits: int, misses: int) -> None:
        """Count several looks into a cache."""
        self._cache.labels(cache, "hit").inc(hits)
        self._cache.labels(cache, "miss").inc(misses)

    def top_score(self, score: float) -> None:
        """Observe the evidence of the best passage for one question."""
        self._top_score.observe(score)

    def invalid_citations(self, count: int) -> None:
        """Count citations that were removed from an answer."""
        self._citations.inc(count)

    def suspicious_passages(self, count: int) -> None:
        """Count retrieved passages that seem to address a language model."""
        self._suspicious.inc(count)
