"""Requests to tokens, and to how the completion is drawn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jinja2 import TemplateError

from text2json.api.problems import FieldError, Problem
from text2json.llm import prompt

from . import kinds
from .sampling import Sampling
from .schemas import ChatRequest

if TYPE_CHECKING:
    from .runtime import Runtime


class Prompts:
    """Reads requests for the model that is served.

    Args:
        runtime: has the model.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def read(self, body: ChatRequest) -> tuple[list[int], Sampling]:
        """The tokens of the prompt, and how to go on.

        Raises:
            Problem: a parameter cannot be honoured, the template refuses the messages, or the
                prompt leaves no room.
        """
        parameter = body.unsupported()
        if parameter is not None:
            wrong = FieldError(f"/{parameter}", "has no effect on this server: leave it out")
            raise Problem(kinds.UNSUPPORTED, f"{parameter} is not supported", errors=[wrong])
        tokens = await asyncio.to_thread(self._tokens, body)
        room = self._runtime.context - len(tokens)
        asked = body.max_completion_tokens or body.max_tokens
        most = min(asked or self._runtime.settings.llm_max_tokens, self._most())
        if room < (1 if asked is None else most):
            detail = (
                f"The context is {self._runtime.context} tokens; the prompt has {len(tokens)}"
                f" and {most} are asked for"
            )
            raise Problem(kinds.TOO_LONG, detail)
        return tokens, Sampling(
            max_tokens=min(most, room),
            temperature=1.0 if body.temperature is None else body.temperature,
            top_p=1.0 if body.top_p is None else body.top_p,
            seed=body.seed,
            stop=body.stops(),
        )

    def _most(self) -> int:
        return self._runtime.settings.llm_max_tokens

    def _tokens(self, body: ChatRequest) -> list[int]:
        loaded = self._runtime.loaded
        messages = [message.plain() for message in body.messages]
        try:
            text = prompt(loaded.tokenizer, messages, system_role=loaded.system_role)
        except (TemplateError, IndexError) as error:
            raise Problem(kinds.BAD_CONVERSATION, str(error)) from error
        # The template has written the special tokens already
        tokens: list[int] = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens
