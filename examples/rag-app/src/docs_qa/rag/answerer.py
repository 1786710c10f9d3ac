"""What turns a question and passages into text; implemented by `extractive` and `generative`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from docs_qa.rag.events import (
    Mode,
    Source,
    Turn,
    Usage,
)
from docs_qa.rag.tracing import Span
from docs_qa.store import Found


@dataclass(frozen=True, slots=True)
class Task:
    """All that an answerer may use.

    Attributes:
        question: as asked.
        standalone: the same, understandable without the conversation.
        history: earlier turns, oldest first.
        sources: numbered passages, best first; at least one.
        found: the same passages as the search returned them, with their sentences' scores.
        span: of the question, for traces.
    """

    question: str
    standalone: str
    history: Sequence[Turn]
    sources: Sequence[Source]
    found: Sequence[Found]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """The last thing an answerer yields.

    Attributes:
        mode: how the text was made.
        model: which model wrote it, after fallbacks.
        declined: the passages do not hold an answer; whatever was yielded is not one.
        cut: the text ends where its length was limited.
    """

    mode: Mode
    model: str
    usage: Usage
    declined: bool = False
    cut: bool = False


class Unavailable(Exception):  # noqa: N818 (a state of the world, not a mistake)
    """No answer can be made now.

    Attributes:
        timeout: whether waiting too long was the cause.
        retry_after: seconds after which it may work again, None if unknown.
    """

    def __init__(
        self,
        message: str,
        *,
        timeout: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.timeout = timeout
        self.retry_after = retry_after


class Overloaded(Unavailable):
    """Too many answers are being made already."""


class Answerer(Protocol):
    """Makes answers; safe to use for many questions at once."""

    @property
    def mode(self) -> Mode:
        """How it makes answers."""
        ...

    @property
    def model(self) -> str:
        """Name of what makes them, e.g. `openai:gpt-5-mini`."""
        ...

    def stream(self, task: Task) -> AsyncGenerator[str | Ending]:
        """Yield the answer piece by piece, then one `Ending`.

        Sources are cited as `[1]`; the numbers are not yet verified. Closing the generator stops
        the work, also that of a remote model.

        Raises:
            Unavailable: no answer could be begun, or it broke off.
        """
        ...
