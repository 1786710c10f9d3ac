"""Query rewriting by the chat model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import aclosing

from docs_qa.rag import prompts
from docs_qa.rag.answerer import Unavailable
from docs_qa.rag.calls import Called, Caller, Limits
from docs_qa.rag.events import Turn, Usage
from docs_qa.rag.followup import standalone
from docs_qa.rag.rewrite import Rewritten
from docs_qa.rag.settings import AnswersConfig
from docs_qa.rag.tracing import Span

logger = logging.getLogger(__name__)

_LONGEST = 500


class ModelRewriter:
    """Asks the chat model; by the rules where it is late, fails, or writes something else."""

    def __init__(self, caller: Caller, config: AnswersConfig) -> None:
        self._caller = caller
        self._config = config
        self._limits = Limits(config.timeouts.rewrite, config.timeouts.rewrite)

    async def rewrite(
        self, question: str, history: Sequence[Turn], span: Span | None = None
    ) -> Rewritten:
        """Return it with what pronouns and omissions stand for; a first question costs no call."""
        if not history:
            return Rewritten(question)
        messages = prompts.REWRITE.format_messages(
            history=prompts.conversation(history, self._config.prompt.history_tokens),
            question=question,
        )
        text: list[str] = []
        usage = Usage()
        try:
            async with aclosing(self._caller.stream(messages, self._limits, span)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Called):
                        usage = piece.usage
                    else:
                        text.append(piece)
        except Unavailable:
            logger.warning("rewriting by rules, the model is not available")
            return Rewritten(standalone(question, history))
        lines = "".join(text).strip().strip("\"'`").splitlines()
        # An answer instead of a question is longer than a line, or too long for a search.
        if len(lines) == 1 and 0 < len(lines[0]) <= _LONGEST:
            return Rewritten(lines[0].strip(), usage)
        return Rewritten(standalone(question, history), usage)
