"""Calls of chat models through the real clients, against a server on the loopback interface."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing

import pytest
from langchain_core.messages import HumanMessage
from plugins.rag import PATIENCE, ChatServer, Reply
from plugins.rag_parts import Tally

from docs_qa.rag.answerer import Overloaded, Unavailable
from docs_qa.rag.calls import Called, Caller, Limits
from docs_qa.rag.opening import open_caller
from docs_qa.rag.settings import (
    AnswersConfig,
    Breaker,
    ChatSettings,
    Concurrency,
    Price,
    Retries,
)
from docs_qa.rag.tracing import OFF

MODEL = "openai:first"
SECOND = "openai:second"
QUICK = Retries(attempts=3, base=0.01, cap=0.05)
LIMITS = Limits(first_token=PATIENCE, total=2 * PATIENCE)
DEAD = "http://127.0.0.1:9"  # the discard port: nobody listens
Open = Callable[..., Caller]


@pytest.fixture
def open_calls(chat_server: ChatServer, tally: Tally) -> Open:
    """Opens a caller of the loopback server."""

    def opener(*, fallback: bool = False, first_url: str = "", **config: object) -> Caller:
        url = f"{chat_server.url}/v1"
        chat = ChatSettings(
            chat_model=MODEL,
            chat_url=first_url or url,
            chat_fallback=SECOND if fallback else "",
            chat_fallback_url=url,
        )
        patient = {"retries": QUICK, "timeouts": {"connect": PATIENCE}}
        settings = AnswersConfig.model_validate(patient | config)
        return open_caller(chat, settings, tally, OFF)

    return opener


async def collect(caller: Caller, limits: Limits = LIMITS) -> tuple[list[str], Called | None]:
    pieces: list[str] = []
    called = None
    async with aclosing(caller.stream([HumanMessage("Hi")], limits)) as stream:
        async for piece in stream:
            if isinstance(piece, Called):
                called = piece
            else:
                pieces.append(piece)
    return pieces, called


def test_a_reply_is_streamed_with_its_tokens_and_their_cost(
    chat_server: ChatServer, open_calls: Open, tally: Tally
) -> None:
    chat_server.reply(Reply(["It is ", "five."], usage=(2000, 1000)))
    caller = open_calls(prices={MODEL: Price(input=1.0, output=10.0)})
    pieces, called = asyncio.run(collect(caller))
    assert pieces == ["It is ", "five."]
    assert called is not None
    assert (called.usage.input_tokens, called.usage.output_tokens) == (2000, 1000)
    assert called.usage.cost_usd == pytest.approx(0.012)
    assert tally.used == [(MODEL, 2000, 1000)]
    assert [usd for _, usd in tally.costs] == [pytest.approx(0.012)]
    assert tally.calls == [(MODEL, "ok")]


@pytest.mark.parametrize(
    ("prices", "usage"), [({}, (10, 5)), ({MODEL: Price(input=1.0, output=1.0)}, None)]
)
def test_without_a_price_or_tokens_the_cost_is_unknown_not_zero(
    chat_server: ChatServer,
    open_calls: Open,
    tally: Tally,
    prices: dict[str, Price],
    usage: tuple[int, int] | None,
) -> None:
    chat_server.reply(Reply(["Five."], usage=usage))
    _, called = asyncio.run(collect(open_calls(prices=prices)))
    assert called is not None
    assert called.usage.cost_usd is None
    assert tally.costs == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_transient_error_is_repeated_and_no_client_repeats_by_itself(
    chat_server: ChatServer, open_calls: Open, tally: Tally, status: int
) -> None:
    chat_server.reply(Reply(status=status), Reply(["Five."]))
    pieces, _ = asyncio.run(collect(open_calls()))
    assert pieces == ["Five."]
    assert tally.calls == [(MODEL, "retry"), (MODEL, "ok")]
    assert len(chat_server.requests) == 2


def test_attempts_are_limited(chat_server: ChatServer, open_calls: Open, tally: Tally) -> None:
    chat_server.reply(Reply(status=500))
    with pytest.raises(Unavailable):
        asyncio.run(collect(open_calls()))
    assert len(chat_server.requests) == 3
    assert tally.calls == [(MODEL, "retry"), (MODEL, "retry"), (MODEL, "error")]


def test_a_refused_key_is_not_repeated(chat_server: ChatServer, open_calls: Open) -> None:
    chat_server.reply(Reply(status=401))
    with pytest.raises(Unavailable):
        asyncio.run(collect(open_calls()))
    assert len(chat_server.requests) == 1


def test_a_server_that_asks_to_wait_too_long_is_not_asked_again(
    chat_server: ChatServer, open_calls: Open
) -> None:
    chat_server.reply(Reply(status=429, headers={"retry-after": "30"}))
    with pytest.raises(Unavailable) as caught:
        asyncio.run(collect(open_calls()))
    assert len(chat_server.requests) == 1
    assert caught.value.retry_after == 30


def test_a_short_wait_that_the_server_asks_for_is_kept(
    chat_server: ChatServer, open_calls: Open
) -> None:
    chat_server.reply(Reply(status=429, headers={"retry-after": "0.2"}), Reply(["Five."]))
    start = time.monotonic()
    asyncio.run(collect(open_calls(retries=Retries(attempts=2, base=0.01, cap=1))))
    assert time.monotonic() - start >= 0.2


def test_the_second_model_answers_when_the_first_cannot_be_reached(
    chat_server: ChatServer, open_calls: Open, tally: Tally
) -> None:
    chat_server.reply(Reply(["From the second."]))
    caller = open_calls(fallback=True, first_url=DEAD, retries=Retries(attempts=1))
    pieces, called = asyncio.run(collect(caller))
    assert pieces == ["From the second."]
    assert called is not None
    assert called.model == SECOND
    assert tally.calls == [(MODEL, "error"), (SECOND, "fallback"), (SECOND, "ok")]


def test_a_model_that_keeps_failing_is_left_alone(
    chat_server: ChatServer, open_calls: Open, tally: Tally
) -> None:
    async def questions() -> None:
        caller = open_calls(breaker=Breaker(failures=3, reset=60))
        for _ in range(3):
            with pytest.raises(Unavailable):
                await collect(caller)

    chat_server.reply(Reply(status=500))
    asyncio.run(questions())
    assert len(chat_server.requests) == 3
    assert tally.calls[-1] == (MODEL, "open_circuit")


def test_a_slow_first_token_is_a_timeout_and_is_not_repeated(
    chat_server: ChatServer, open_calls: Open, tally: Tally
) -> None:
    chat_server.reply(Reply(["Late."], hold=0))
    with pytest.raises(Unavailable) as caught:
        asyncio.run(collect(open_calls(), Limits(first_token=0.2, total=24 * 3600)))
    assert caught.value.timeout
    assert tally.calls == [(MODEL, "timeout")]
    assert len(chat_server.requests) <= 1  # none, if the time was over before it was sent


def test_a_reply_that_never_ends_is_stopped(chat_server: ChatServer, open_calls: Open) -> None:
    chat_server.reply(Reply(["word "] * 1000, between=0.05))
    with pytest.raises(Unavailable) as caught:
        asyncio.run(collect(open_calls(), Limits(first_token=PATIENCE, total=0.5)))
    assert caught.value.timeout
    assert not chat_server.requests or chat_server.gone.wait(PATIENCE)


@pytest.mark.parametrize(
    "reply",
    [Reply(["It ", "is ", "five."], reset=2), Reply(["It ", "is"], finish="")],
    ids=["reset", "closed before the end"],
)
def test_a_reply_that_breaks_off_is_neither_repeated_nor_taken_for_whole(
    chat_server: ChatServer, open_calls: Open, reply: Reply
) -> None:
    chat_server.reply(reply)
    with pytest.raises(Unavailable, match="broke off"):
        asyncio.run(collect(open_calls(fallback=True)))
    assert len(chat_server.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(["never"], reset=0),
        Reply(raw=b"data: {not json\n\n"),
        Reply(raw=b"<html>gateway</html>"),
        Reply([], finish="stop"),
    ],
    ids=["reset at once", "malformed", "another service", "empty"],
)
def test_nonsense_before_the_first_token_is_repeated(
    chat_server: ChatServer, open_calls: Open, reply: Reply
) -> None:
    chat_server.reply(reply, Reply(["Five."]))
    pieces, _ = asyncio.run(collect(open_calls()))
    assert pieces == ["Five."]


def test_a_reply_at_its_limit_says_so(chat_server: ChatServer, open_calls: Open) -> None:
    chat_server.reply(Reply(["It is"], finish="length"))
    _, called = asyncio.run(collect(open_calls()))
    assert called is not None
    assert called.cut


def test_when_the_caller_goes_the_request_ends(
    chat_server: ChatServer, open_calls: Open, tally: Tally
) -> None:
    async def leave() -> None:
        async with aclosing(open_calls().stream([HumanMessage("Hi")], LIMITS)) as stream:
            async for _ in stream:
                break

    chat_server.reply(Reply(["word "] * 1000, between=0.02))
    asyncio.run(leave())
    assert chat_server.gone.wait(PATIENCE)
    assert tally.calls == []


def test_only_so_many_calls_at_once(chat_server: ChatServer, open_calls: Open) -> None:
    async def two() -> Sequence[object]:
        caller = open_calls(concurrency=Concurrency(calls=1, wait=0.2))
        first = asyncio.create_task(collect(caller))
        (second,) = await asyncio.gather(collect(caller), return_exceptions=True)
        chat_server.go.set()
        return await first, second

    chat_server.reply(Reply(["Five."], hold=0))
    first, second = asyncio.run(two())
    assert isinstance(first, tuple)
    assert isinstance(second, Overloaded)
    assert second.retry_after is not None
