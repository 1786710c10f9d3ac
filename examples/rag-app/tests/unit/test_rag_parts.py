"""Settings, faults, the cache, quoting, prompts and the chain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from plugins.rag_parts import WordSearch, chunk, found

from docs_qa.rag import (
    AnswersConfig,
    Assistant,
    ChatSettings,
    Turn,
    Usage,
)
from docs_qa.rag.cache import AnswerCache, Kept, key
from docs_qa.rag.chain import as_runnable
from docs_qa.rag.events import Done
from docs_qa.rag.extractive import ExtractiveAnswerer
from docs_qa.rag.faults import classify
from docs_qa.rag.prompts import conversation, declined
from docs_qa.rag.retrieval import evidence
from docs_qa.rag.settings import Cache, load

SHIPPED = Path(__file__).parents[2] / "config/answers.toml"


def test_the_shipped_file_shows_every_key() -> None:
    config = load(SHIPPED)
    written = SHIPPED.read_text(encoding="utf-8")
    for name, value in config:
        assert f"{name} = " in written or f"[{name}]" in written
        for part in type(value).model_fields if hasattr(type(value), "model_fields") else ():
            assert f"{part} = " in written


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == AnswersConfig()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("passages = 0", "passages"),
        ("[evidence]\nmodle = 1", "evidence.modle"),
        ("passages =", "answers.toml"),
        ("[prices.x]\ninput = -1\noutput = 0", "prices.x.input"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=hint):
        load(path)


def test_a_fallback_needs_a_first_model() -> None:
    with pytest.raises(ValueError, match="APP_CHAT_MODEL is not"):
        ChatSettings(chat_fallback="openai:x")


class StatusError(Exception):
    def __init__(self, status: int, retry_after: str | None = None) -> None:
        super().__init__("told")
        self.status_code = status
        headers = {} if retry_after is None else {"retry-after": retry_after}
        self.response = type("Response", (), {"headers": headers})()


@pytest.mark.parametrize(
    ("error", "kind", "wait"),
    [
        (StatusError(429, "7"), "transient", 7.0),
        (StatusError(503, "Wed, 21 Oct 2026 07:28:00 GMT"), "transient", None),
        (StatusError(400), "request", None),
        (StatusError(401), "permanent", None),
        (StatusError(404), "permanent", None),
        (ConnectionError("x"), "transient", None),
        (ValueError("malformed"), "transient", None),
    ],
)
def test_errors_are_judged_by_their_status(error: Exception, kind: str, wait: float | None) -> None:
    fault = classify(error)
    assert (fault.kind, fault.retry_after, fault.timeout) == (kind, wait, False)


def test_a_timeout_is_one_whatever_its_class() -> None:
    class ReadTimeout(Exception): ...  # noqa: N818 (named as the clients do)

    assert classify(TimeoutError()).timeout
    assert classify(ReadTimeout()).timeout


def test_costs_add_up_and_an_unknown_part_makes_the_sum_unknown() -> None:
    assert Usage(1, 2, 0.5) + Usage(3, 4, 0.25) == Usage(4, 6, 0.75)
    assert (Usage(1, 2, 0.5) + Usage(3, 4, None)).cost_usd is None


DONE = Done("a", (), (), False, "", "extractive", "m", Usage())


def test_the_cache_keeps_the_latest_for_a_while() -> None:
    now = [0.0]
    cache = AnswerCache(Cache(entries=2, seconds=10), lambda: now[0])
    for name in "abc":
        cache.put(name, Kept(name, (), DONE))
    assert cache.get("a") is None
    assert cache.get("b") == Kept("b", (), DONE)
    now[0] = 11
    assert cache.get("b") is None


def test_the_key_depends_on_all_that_an_answer_does() -> None:
    keys = {
        key("q", [], None, "s"),
        key("q2", [], None, "s"),
        key("q", [Turn("user", "x")], None, "s"),
        key("q", [], {"kind": "pdf"}, "s"),
        key("q", [], None, "s2"),
    }
    assert len(keys) == 5
    assert key(" q ", [], {"kind": ["b", "a"]}) == key("q", [], {"kind": ["a", "b"]})
    assert key("q", [], {"kind": "pdf"}) == key("q", [], {"kind": ["pdf"]})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("NO_ANSWER", True),
        ("I don't know.", True),
        ("The passages do not mention dogs.", True),
        ("There is no information about that in the documents.", True),
        ("Loans are not mentioned, but fees are 5 euros [1].", False),
        ("I cannot say more than that it is free [2].", False),
        ("Books are lent for three weeks.", False),
    ],
)
def test_refusals_are_recognised(answer: str, expected: bool) -> None:
    assert declined(answer) == expected


def test_a_conversation_begins_with_a_question_and_loses_old_citations() -> None:
    turns = [Turn("assistant", "Hello [1]."), Turn("user", "Q?"), Turn("assistant", "A [3].")]
    messages = conversation(turns, 1000)
    assert [(message.type, message.text) for message in messages] == [("human", "Q?"), ("ai", "A.")]


def test_evidence_falls_back_where_a_score_is_missing() -> None:
    hit = found(chunk("Books are lent."), "books")
    assert evidence([hit], "sentence") == hit.scores["sentence"]
    assert evidence([], "sentence") == -1.0


Make = Callable[[], Assistant]


@pytest.fixture
def assistant() -> Assistant:
    config = AnswersConfig.model_validate({"evidence": {"extractive": 0.3}})
    search = WordSearch("Books are lent for three weeks.", "Dogs wait outside.")
    return Assistant(search, ExtractiveAnswerer(config.extractive), config)


def test_the_chain_streams_what_it_returns(assistant: Assistant) -> None:
    chain = as_runnable(assistant)

    async def both() -> tuple[dict[str, object], list[dict[str, object]]]:
        pieces = [piece async for piece in chain.astream("How long are books lent?")]
        return await chain.ainvoke({"input": "How long are books lent?"}), pieces

    whole, pieces = asyncio.run(both())
    assert whole["verified"] == "Books are lent for three weeks. [1]"
    assert whole["citations"] == [1]
    assert len(pieces) >= 4
    assert chain.invoke("How long are books lent?") == whole


def test_the_chain_takes_a_conversation(assistant: Assistant) -> None:
    history = [Turn("user", "How long are books lent?"), Turn("assistant", "Three weeks.")]
    given = {"input": "And dogs?", "history": history, "where": {"kind": "markdown"}}
    assert as_runnable(assistant).invoke(given)["input"] == "How long are books lent: dogs?"
