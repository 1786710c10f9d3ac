"""Where the assistant reports what it does; the service turns this into metrics."""

from __future__ import annotations

from typing import Literal, Protocol

from docs_qa.rag.events import Mode

Stage = Literal["rewrite", "retrieve", "rerank", "answer", "first_token", "total"]
Outcome = Literal["answered", "abstained", "failed", "cancelled"]
CallOutcome = Literal["ok", "retry", "timeout", "error", "fallback", "open_circuit"]


class Recorder(Protocol):
    """Takes measurements; called on the event loop, so every method must be cheap."""

    def stage(self, stage: Stage, seconds: float) -> None:
        """Count the duration of one stage of one question."""
        ...

    def question(self, mode: Mode, outcome: Outcome) -> None:
        """Count one question that has ended."""
        ...

    def tokens(self, model: str, input_tokens: int, output_tokens: int) -> None:
        """Count what one model call used."""
        ...

    def cost(self, model: str, usd: float) -> None:
        """Count what one model call cost; not called where the price is unknown."""
        ...

    def model_call(self, model: str, outcome: CallOutcome) -> None:
        """Count one attempt to call a model, or a step to the next model."""
        ...

    def cache(self, cache: str, *, hit: bool) -> None:
        """Count one look into a cache."""
        ...

    def top_score(self, score: float) -> None:
        """Observe the evidence of the best passage for one question, -1..1."""
        ...

    def invalid_citations(self, count: int) -> None:
        """Count citations that were removed from an answer."""
        ...

    def suspicious_passages(self, count: int) -> None:
        """Count retrieved passages that seem to address a language model."""
        ...


class Silent:
    """A recorder that forgets; what the command line and libraries use."""

    def stage(self, stage: Stage, seconds: float) -> None:
        """Forget it."""

    def question(self, mode: Mode, outcome: Outcome) -> None:
        """Forget it."""

    def tokens(self, model: str, input_tokens: int, output_tokens: int) -> None:
        """Forget it."""

    def cost(self, model: str, usd: float) -> None:
        """Forget it."""

    def model_call(self, model: str, outcome: CallOutcome) -> None:
        """Forget it."""

    def cache(self, cache: str, *, hit: bool) -> None:
        """Forget it."""

    def top_score(self, score: float) -> None:
        """Forget it."""

    def invalid_citations(self, count: int) -> None:
        """Forget it."""

    def suspicious_passages(self, count: int) -> None:
        """Forget it."""
