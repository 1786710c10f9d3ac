"""Metrics of completions. Dashboards, alerts and autoscaling rely on these names.

The label `model` is the version that answered, or `base`: a bounded set.
"""

from __future__ import annotations

import json
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from .jobs import Job, Reason
from .names import shown

_FIRST = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_BETWEEN = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_TOKENS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class LlmMetrics:
    """Counts what the engine does; an `engine.Observer`.

    Args:
        registry: of the service.
        output: what completions should be; `json` are parsed.
    """

    def __init__(self, registry: CollectorRegistry, output: Literal["json", "text"]) -> None:
        self.registry = registry
        self._output = output

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, text, labels, buckets=buckets, registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        first = "Time from a request's arrival to its first token"
        self.first_token = histogram("llm_time_to_first_token_seconds", first, _FIRST, "model")
        between = "Time between two tokens of a request"
        self.inter_token = histogram("llm_inter_token_seconds", between, _BETWEEN, "model")
        self.queue_time = histogram("llm_queue_seconds", "Time in the queue", _FIRST)
        self.batch_size = histogram("llm_batch_size", "Requests continued at once", _BATCHES)
        written = "Tokens of a completion"
        self.length = histogram("llm_completion_length_tokens", written, _TOKENS, "model")
        self.requests = counter("llm_requests", "Requests that ended", "model", "reason")
        self.prompt_tokens = counter("llm_prompt_tokens", "Tokens read", "model")
        self.completion_tokens = counter("llm_completion_tokens", "Tokens written", "model")
        outputs = "Whole completions, by whether they are what they should be"
        self.outputs = counter("llm_outputs", outputs, "model", "valid")
        self.reload_failures = counter("llm_reload_failures", "Adapters that could not be loaded")
        self.waiting = Gauge("llm_requests_waiting", "Requests in the queue", registry=registry)
        capacity = "Requests that may wait"
        self.capacity = Gauge("llm_requests_waiting_limit", capacity, registry=registry)
        self.running = Gauge("llm_requests_running", "Requests computed", registry=registry)
        served = "Names that are served, and what answers under them"
        self.info = Gauge("llm_model_info", served, ["name", "model"], registry=registry)

    def serve(self, model: str) -> None:
        """Begin the series of a model: an increase from nothing is not seen by alerts."""
        for reason in get_args(Reason):
            self.requests.labels(model, reason)
        if self._output == "json":
            for valid in ("true", "false"):
                self.outputs.labels(model, valid)

    def waited(self, job: Job, seconds: float) -> None:
        """A job left the queue."""
        self.queue_time.observe(seconds)
        self.prompt_tokens.labels(shown(job.model)).inc(len(job.prompt))

    def token(self, job: Job, seconds: float) -> None:
        """A job got a token."""
        model = shown(job.model)
        self.completion_tokens.labels(model).inc()
        (self.inter_token if job.last else self.first_token).labels(model).observe(seconds)

    def stepped(self, batch: int) -> None:
        """Jobs were continued."""
        self.batch_size.observe(batch)

    def finished(self, job: Job, reason: Reason) -> None:
        """A job has ended."""
        model = shown(job.model)
        self.requests.labels(model, reason).inc()
        if reason in {"stop", "length"}:
            self.length.labels(model).observe(job.tokens)
            if self._output == "json":
                self.outputs.labels(model, str(is_json(job.stream.text)).lower()).inc()


def is_json(text: str) -> bool:
    """Whether a completion is one JSON object or array."""
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
