"""Where traces go: OpenTelemetry (OTEL_*) and MLflow (MLFLOW_TRACKING_URI); neither by default."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from docs_qa.rag import conventions
from docs_qa.rag.tracing import (
    Recording,
    System,
    Tracing,
    Value,
)

if TYPE_CHECKING:
    from mlflow.entities import LiveSpan
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

logger = logging.getLogger(__name__)
_MLFLOW_TYPES = {
    conventions.CHAT: "CHAT_MODEL",
    conventions.RETRIEVAL: "RETRIEVER",
    conventions.INVOKE_WORKFLOW: "CHAIN",
}


class OpenTelemetry:
    """Spans through a tracer of OpenTelemetry."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start(
        self, name: str, parent: Recording | None, attributes: Mapping[str, Value]
    ) -> Recording:
        """Start a span; without a parent it belongs to the current one, if any."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        above = set_span_in_context(parent.span) if isinstance(parent, _OtelRecording) else None
        remote = attributes[conventions.OPERATION] == conventions.CHAT
        kind = SpanKind.CLIENT if remote else SpanKind.INTERNAL
        span = self._tracer.start_span(name, context=above, kind=kind, attributes=attributes)
        return _OtelRecording(span)

    def flush(self) -> None:
        """Do nothing: the provider sends what is waiting when the process ends."""


class _OtelRecording:
    def __init__(self, span: OtelSpan) -> None:
        self.span = span

    def set(self, attributes: Mapping[str, Value]) -> None:
        self.span.set_attributes(attributes)

    def fail(self, error: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        self.span.set_attribute(conventions.ERROR_TYPE, error)
        self.span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        self.span.end()


class MLflow:
    """Spans of MLflow's tracing; content becomes their inputs and outputs."""

    def __init__(self, experiment: str) -> None:
        """Send them to an experiment, given by its id."""
        self._experiment = experiment

    def start(
        self, name: str, parent: Recording | None, attributes: Mapping[str, Value]
    ) -> Recording:
        """Start a span; without a parent it is the root of a trace."""
        import mlflow

        above = parent.span if isinstance(parent, _MlflowRecording) else None
        span = mlflow.start_span_no_context(
            name,
            span_type=_MLFLOW_TYPES[str(attributes[conventions.OPERATION])],
            parent_span=above,
            experiment_id=None if above else self._experiment,
        )
        recording = _MlflowRecording(span)
        recording.set(attributes)
        return recording

    def flush(self) -> None:
        """Send what is waiting; at the end of a process it would be too late."""
        import mlflow

        mlflow.flush_trace_async_logging()


class _MlflowRecording:
    _INPUTS = (conventions.INPUT_MESSAGES, conventions.QUERY)
    _OUTPUTS = (conventions.OUTPUT_MESSAGES, conventions.DOCUMENTS)

    def __init__(self, span: LiveSpan) -> None:
        self.span = span

    def set(self, attributes: Mapping[str, Value]) -> None:
        self.span.set_attributes(dict(attributes))
        tokens: dict[str, Any] = {
            short: attributes[name]
            for short, name in (
                ("input_tokens", conventions.INPUT_TOKENS),
                ("output_tokens", conventions.OUTPUT_TOKENS),
            )
            if name in attributes
        }
        if tokens:
            tokens["total_tokens"] = sum(tokens.values())
            self.span.set_attribute("mlflow.chat.tokenUsage", tokens)
        for name, value in attributes.items():
            if name in self._INPUTS:
                self.span.set_inputs(value)
            elif name in self._OUTPUTS:
                self.span.set_outputs(value)

    def fail(self, error: str) -> None:
        self.span.set_attribute(conventions.ERROR_TYPE, error)
        self.span.set_status("ERROR")

    def end(self) -> None:
        self.span.end()


def configure(*, content: bool = False) -> Tracing:
    """Return what the environment asks for: OTEL_* and MLFLOW_TRACKING_URI; nothing if unset.

    Raises:
        ValueError: tracing is asked for, but the extra `tracing` is not installed.
    """
    systems: list[System] = []
    try:
        if _otel_wanted():
            systems.append(OpenTelemetry(_otel_tracer()))
        if os.environ.get("MLFLOW_TRACKING_URI") and (experiment := _mlflow_experiment()):
            systems.append(MLflow(experiment))
    except ImportError as error:
        raise ValueError(f"tracing is configured: install the extra `tracing` ({error})") from error
    return Tracing(systems, content=content)


def _otel_wanted() -> bool:
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if exporter := os.environ.get("OTEL_TRACES_EXPORTER"):
        return exporter != "none"
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(os.environ.get(name) for name in names)


def _otel_tracer() -> Tracer:
    """A tracer of the provider that is there; else one that exports as OTEL_* says."""
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        exporter: SpanExporter
        if os.environ.get("OTEL_TRACES_EXPORTER") == "console":
            exporter = ConsoleSpanExporter()
        else:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override this name.
        name = os.environ.get("OTEL_SERVICE_NAME", "docs-qa")
        provider = TracerProvider(resource=Resource.create({"service.name": name}))
        provider.add_span_processor(BatchSpanProcessor(exporter))
        trace.set_tracer_provider(provider)
    return trace.get_tracer("docs_qa.rag")


def _mlflow_experiment() -> str | None:
    """The id of the experiment; None if it is given by name and the server does not answer."""
    import mlflow

    if experiment := os.environ.get("MLFLOW_EXPERIMENT_ID"):
        return experiment
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "docs-qa")
    try:
        found = mlflow.set_experiment(name)
    except Exception as error:  # noqa: BLE001 (no trace is worth a service that does not start)
        logger.warning("MLflow does not answer: no traces", extra={"error": type(error).__name__})
        return None
    return str(found.experiment_id)
