"""Every provider's client against its wire format, and what is said when one cannot be opened."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from langchain_core.messages import HumanMessage
from plugins.rag import PATIENCE, ChatServer, Reply
from plugins.rag_parts import Tally

from docs_qa.rag.calls import Called, Caller, Limits
from docs_qa.rag.opening import open_caller
from docs_qa.rag.settings import (
    AnswersConfig,
    ChatSettings,
)
from docs_qa.rag.tracing import OFF

LIMITS = Limits(first_token=PATIENCE, total=2 * PATIENCE)


async def collect(caller: Caller) -> tuple[list[str], Called | None]:
    pieces: list[str] = []
    called = None
    async with aclosing(caller.stream([HumanMessage("Hi")], LIMITS)) as stream:
        async for piece in stream:
            if isinstance(piece, Called):
                called = piece
            else:
                pieces.append(piece)
    return pieces, called


@pytest.mark.parametrize(
    ("name", "path", "suffix"),
    [
        ("openai:served", "/v1/chat/completions", "/v1"),
        ("anthropic:served", "/v1/messages", ""),
        ("ollama:served:1b", "/api/chat", ""),
    ],
)
def test_every_providers_wire_format(
    chat_server: ChatServer, tally: Tally, name: str, path: str, suffix: str
) -> None:
    chat = ChatSettings(chat_model=name, chat_url=chat_server.url + suffix)
    chat_server.reply(Reply(["It is ", "five."], usage=(11, 7)))
    caller = open_caller(chat, AnswersConfig(), tally, OFF)
    pieces, called = asyncio.run(collect(caller))
    assert "".join(pieces) == "It is five."
    assert called is not None
    assert (called.usage.input_tokens, called.usage.output_tokens) == (11, 7)
    assert [requested for requested, _ in chat_server.requests] == [path]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("groq:some-model", "install"),
        ("nobody:some-model", "nobody"),
    ],
)
def test_a_model_that_cannot_be_opened_says_what_is_missing(
    chat_server: ChatServer, tally: Tally, name: str, hint: str
) -> None:
    del chat_server  # unsets the keys
    with pytest.raises(ValueError, match=hint):
        open_caller(ChatSettings(chat_model=name), AnswersConfig(), tally, OFF)
