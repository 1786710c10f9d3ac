"""One completion, from its request to its last token."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .sampling import Sampling, randomness
from .text import Decode, TextStream

if TYPE_CHECKING:
    import torch

Reason = Literal["stop", "length", "cancelled", "expired", "draining", "error"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end: why, and how many tokens there were."""

    reason: Reason
    prompt_tokens: int
    completion_tokens: int


Event = Piece | Finished


@dataclass(eq=False)
class Job:
    """A completion that is waited for.

    Attributes:
        model: version of the adapter; None for the base model.
        prompt: its tokens.
        sampling: how to draw, when to end.
        emit: called with every event, in the thread of the engine; must not block.
        deadline: monotonic time until which it must have been begun.
        cancelled: set by whoever no longer wants it.
        arrived, begun, last: monotonic times of the request, the start, and the last token.
    """

    model: str | None
    prompt: Sequence[int]
    sampling: Sampling
    emit: Callable[[Event], None]
    deadline: float
    cancelled: bool = False
    arrived: float = field(default_factory=time.monotonic)
    begun: float = 0.0
    last: float = 0.0
    tokens: int = 0
    stream: TextStream = field(init=False)
    generator: torch.Generator | None = field(init=False)

    def begin(self, decode: Decode) -> None:
        """It leaves the queue."""
        self.begun = time.monotonic()
        self.stream = TextStream(decode, self.sampling.stop)
        self.generator = randomness(self.sampling)

    def take(self, token: int, ends: frozenset[int]) -> Reason | None:
        """Add a token; return why the completion ends with it, None if it goes on."""
        self.tokens += 1
        if token in ends:
            self._give(self.stream.finish())
            return "stop"
        self._give(self.stream.push(token))
        if self.stream.stopped:
            return "stop"
        if self.tokens >= self.sampling.max_tokens:
            stream = self.stream
            self._give(stream.finish())  # what was held back may hold a stop sequence
            return "stop" if stream.stopped else "length"
        return None

    def finish(self, reason: Reason) -> None:
        """Tell that it has ended."""
        self.emit(Finished(reason, len(self.prompt), self.tokens))

    def _give(self, text: str) -> None:
        if text:
            self.emit(Piece(text))
