"""Answers written by a chat model from the passages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from langchain_core.messages import BaseMessage

from docs_qa.rag import prompts
from docs_qa.rag.answerer import Ending, Task
from docs_qa.rag.calls import Called, Caller, Limits
from docs_qa.rag.events import Mode
from docs_qa.rag.settings import AnswersConfig
from docs_qa.rag.untrusted import fence

_DECORATION = "*`\"' \n\t"


class GenerativeAnswerer:
    """Streams what the model writes; a reply that there is no answer is recognised, not shown."""

    mode: Mode = "model"

    def __init__(self, caller: Caller, config: AnswersConfig) -> None:
        self._caller = caller
        self._config = config

    @property
    def model(self) -> str:
        """Name of the preferred model."""
        return self._caller.name

    async def stream(self, task: Task) -> AsyncGenerator[str | Ending]:
        """Yield the reply piece by piece, then its ending; see `Answerer.stream`."""
        times = self._config.timeouts
        limits = Limits(times.first_token, times.total)
        reply: list[str] = []
        held = ""
        async with aclosing(self._caller.stream(self._messages(task), limits, task.span)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Called):
                    if held and not _says_unknown(held):
                        yield held
                    yield self._ending(piece, "".join(reply))
                    return
                reply.append(piece)
                held += piece
                if not _may_say_unknown(held):
                    yield held
                    held = ""

    def _messages(self, task: Task) -> list[BaseMessage]:
        passages, tag = fence(task.sources)
        return prompts.ANSWER.format_messages(
            tag=tag,
            unknown=prompts.UNKNOWN,
            history=prompts.conversation(task.history, self._config.prompt.history_tokens),
            passages=passages,
            question=task.question,
        )

    def _ending(self, called: Called, reply: str) -> Ending:
        return Ending(
            self.mode,
            called.model,
            called.usage,
            declined=prompts.declined(reply),
            cut=called.cut,
        )


def _may_say_unknown(text: str) -> bool:
    """Whether a beginning of a reply may be, or become, the word for no answer."""
    word = text.lstrip(_DECORATION)
    return prompts.UNKNOWN.startswith(word) or _says_unknown(text)


def _says_unknown(text: str) -> bool:
    return text.lstrip(_DECORATION).startswith(prompts.UNKNOWN)
