"""Query rewriting: from the last question of a conversation to one that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from docs_qa.rag.events import Turn, Usage
from docs_qa.rag.followup import standalone
from docs_qa.rag.tracing import Span


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question for the search, and what it took to make it."""

    question: str
    usage: Usage = field(default_factory=Usage)


class Rewriter(Protocol):
    """Makes questions understandable without their conversation; never fails."""

    async def rewrite(
        self, question: str, history: Sequence[Turn], span: Span | None = None
    ) -> Rewritten:
        """Return the question, unchanged if it stands alone."""
        ...


class NoRewriter:
    """Searches what was asked."""

    async def rewrite(
        self, question: str, history: Sequence[Turn], span: Span | None = None
    ) -> Rewritten:
        """Return it unchanged."""
        del history, span
        return Rewritten(question)


class RuleRewriter:
    """Rewrites by the rules in `followup`."""

    async def rewrite(
        self, question: str, history: Sequence[Turn], span: Span | None = None
    ) -> Rewritten:
        """Return it with what pronouns and omissions stand for."""
        del span
        return Rewritten(standalone(question, history))
