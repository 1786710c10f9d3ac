"""Traces of questions: to OpenTelemetry, to MLflow, to both, or (by default) to nobody.

Spans are handed on explicitly instead of through the current context: an answer is an async
generator, and between two of its steps the current context is its caller's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from docs_qa.rag import conventions

Value = str | bool | int | float | Sequence[str]


class Recording(Protocol):
    """One span in one system."""

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Add attributes."""
        ...

    def fail(self, error: str) -> None:
        """Mark it as failed; `error` is the name of a class or a status, never a message."""
        ...

    def end(self) -> None:
        """End it."""
        ...


class System(Protocol):
    """Where spans go."""

    def start(
        self, name: str, parent: Recording | None, attributes: Mapping[str, Value]
    ) -> Recording:
        """Start a span."""
        ...

    def flush(self) -> None:
        """Send what is waiting, if the end of the process does not."""
        ...


class Span:
    """One operation, in all systems."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = recordings

    def set(self, attributes: Mapping[str, Value | None]) -> None:
        """Add attributes; those that are None are left out."""
        known = {name: value for name, value in attributes.items() if value is not None}
        for recording in self.recordings:
            recording.set(known)

    def fail(self, error: str) -> None:
        """Mark it as failed."""
        for recording in self.recordings:
            recording.fail(error)


class Tracing:
    """Starts spans in the configured systems.

    Attributes:
        content: whether spans may hold questions, passages and answers.
    """

    def __init__(self, systems: Sequence[System] = (), *, content: bool = False) -> None:
        self._systems = systems
        self.content = content

    @contextmanager
    def span(
        self,
        operation: str,
        subject: str,
        parent: Span | None = None,
        attributes: Mapping[str, Value | None] | None = None,
    ) -> Iterator[Span]:
        """Record what happens inside; the name is "operation subject", as the conventions ask.

        An exception marks the span as failed. Closing a generator is no failure.
        """
        known: dict[str, Value] = {conventions.OPERATION: operation}
        known |= {name: value for name, value in (attributes or {}).items() if value is not None}
        parents: Sequence[Recording | None] = parent.recordings if parent else []
        span = Span(
            [
                system.start(f"{operation} {subject}", above, known)
                for system, above in zip(
                    self._systems, parents or [None] * len(self._systems), strict=True
                )
            ]
        )
        try:
            yield span
        except Exception as error:
            span.fail(type(error).__name__)
            raise
        finally:
            for recording in span.recordings:
                recording.end()

    def flush(self) -> None:
        """Send what is waiting; may take seconds."""
        for system in self._systems:
            system.flush()


OFF = Tracing()
