"""What OpenAI's own client gets from a running server; holds for vLLM, too (plugins.llm_client)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from plugins.llm_client import ChatServer

WRONG = "nobody's key"  # pragma: allowlist secret
QUESTION: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": "Order two boxes for Maria."}
]


@pytest.fixture
def client(chat_server: ChatServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=chat_server.url, api_key=chat_server.key, max_retries=0) as made:
        yield made


def ask(client: OpenAI, model: str, **options: object) -> openai.types.chat.ChatCompletion:
    found = client.chat.completions.create(
        **{"model": model, "messages": QUESTION, "max_tokens": 16, "temperature": 0, **options}  # type: ignore[call-overload]
    )
    assert isinstance(found, openai.types.chat.ChatCompletion)
    return found


def test_models_are_listed(client: OpenAI, chat_server: ChatServer) -> None:
    assert chat_server.model in {model.id for model in client.models.list()}


def test_a_completion_has_an_end_and_a_usage(client: OpenAI, chat_server: ChatServer) -> None:
    answer = ask(client, chat_server.model)
    [choice] = answer.choices
    assert choice.message.role == "assistant"
    assert choice.finish_reason in {"stop", "length"}
    usage = answer.usage
    assert usage is not None
    assert 0 < usage.completion_tokens <= 16
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_stream_adds_up_to_the_completion(client: OpenAI, chat_server: ChatServer) -> None:
    whole = ask(client, chat_server.model)
    chunks = list(
        client.chat.completions.create(
            model=chat_server.model,
            messages=QUESTION,
            max_tokens=16,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    *parts, last = chunks
    assert last.choices == []
    assert last.usage == whole.usage
    text = "".join(part.choices[0].delta.content or "" for part in parts)
    assert text == whole.choices[0].message.content
    assert parts[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_seed_repeats_a_completion(client: OpenAI, chat_server: ChatServer) -> None:
    first, second = (ask(client, chat_server.model, temperature=1, seed=5) for _ in range(2))
    assert first.choices[0].message == second.choices[0].message


def test_a_stop_sequence_is_left_out(client: OpenAI, chat_server: ChatServer) -> None:
    text = ask(client, chat_server.model).choices[0].message.content or ""
    stop = text[2:4]
    short = ask(client, chat_server.model, stop=[stop])
    assert short.choices[0].message.content == text[: text.index(stop)]
    assert short.choices[0].finish_reason == "stop"


def test_an_unknown_model_is_not_found(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, "no-such-model")
    assert isinstance(caught.value.body, dict)
    assert "does not exist" in caught.value.body["message"]


def test_what_does_not_fit_is_a_bad_request(client: OpenAI, chat_server: ChatServer) -> None:
    long = [{"role": "user", "content": "word " * 40_000}]
    with pytest.raises(openai.BadRequestError):
        ask(client, chat_server.model, messages=long)


def test_values_out_of_range_are_refused(client: OpenAI, chat_server: ChatServer) -> None:
    with pytest.raises((openai.BadRequestError, openai.UnprocessableEntityError)):
        ask(client, chat_server.model, temperature=-1)


def test_a_wrong_key_is_refused(chat_server: ChatServer) -> None:
    if chat_server.key == "none":
        pytest.skip("this server wants no key")
    with (
        OpenAI(base_url=chat_server.url, api_key=WRONG, max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.models.list()


def test_requests_at_once_get_what_they_get_alone(chat_server: ChatServer) -> None:
    async def together() -> list[str | None]:
        key, url = chat_server.key, chat_server.url
        async with AsyncOpenAI(base_url=url, api_key=key, max_retries=0) as client:
            asked = [
                client.chat.completions.create(
                    model=chat_server.model,
                    messages=[{"role": "user", "content": f"Say {number % 3}"}],
                    max_tokens=12,
                    temperature=0,
                )
                for number in range(9)
            ]
            return [each.choices[0].message.content for each in await asyncio.gather(*asked)]

    texts = asyncio.run(together())
    assert texts[:3] * 3 == texts
