"""An answer in its own task: nothing of it is lost, nothing of it is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from docs_qa.rag.events import (
    Done,
    Event,
    Failed,
    Meta,
    Sources,
    Token,
    Usage,
)
from docs_qa.rag_api.answering import Answering
from docs_qa.rag_api.streaming import stream

META = Meta("r1", "extractive", "sentences", "What?", rewritten=False)
DONE = Done(
    answer="Ten [1].",
    citations=(1,),
    claims=(),
    abstained=False,
    reason="",
    mode="extractive",
    model="sentences",
    usage=Usage(),
)


async def yielding(*events: Event, failing: Exception | None = None) -> AsyncGenerator[Event]:
    for event in events:
        await asyncio.sleep(0)
        yield event
    if failing:
        raise failing


class Endless:
    """Says its first word, then thinks for ever; notices when it is told to stop."""

    def __init__(self) -> None:
        self.stopped = False

    async def events(self) -> AsyncGenerator[Event]:
        try:
            yield META
            yield Token("Well")
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.stopped = True


class Ended:
    """Counts how often it is called."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


async def everything(answering: Answering) -> list[Event]:
    found = []
    while (event := await answering.next()) is not None:
        found.append(event)
    return found


def blocks(parts: list[bytes]) -> list[tuple[str, dict[str, object]]]:
    """Names and data of events, without comments."""
    found = []
    for block in b"".join(parts).decode().strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


async def drained(parts: AsyncIterator[bytes]) -> list[bytes]:
    return [part async for part in parts]


def test_settling_waits_for_the_second_event_and_loses_none() -> None:
    async def run() -> None:
        ended = Ended()
        answering = Answering(yielding(META, Sources(()), Token("Ten"), DONE), ended)
        assert await answering.settle() == Sources(())
        assert await everything(answering) == [META, Sources(()), Token("Ten"), DONE]
        assert await answering.next() is None
        await asyncio.sleep(0)
        assert ended.times == 1

    asyncio.run(run())


@pytest.mark.parametrize("before", [[], [META]])
def test_a_failure_before_anything_was_found_is_seen_by_settling(before: list[Event]) -> None:
    async def run() -> None:
        failed = Failed("search-failed", "The index is closed", retry_after=2)
        answering = Answering(yielding(*before, failed), Ended())
        assert await answering.settle() == failed

    asyncio.run(run())


def test_what_the_assistant_did_not_foresee_reaches_the_reader() -> None:
    async def run() -> None:
        ended = Ended()
        answering = Answering(yielding(META, failing=RuntimeError("bug")), ended)
        with pytest.raises(RuntimeError, match="bug"):
            await answering.settle()
        await asyncio.sleep(0)
        assert ended.times == 1

    asyncio.run(run())


def test_waiting_too_long_does_not_break_the_answer() -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def slow() -> AsyncGenerator[Event]:
            yield META
            await go.wait()
            yield DONE

        answering = Answering(slow(), Ended())
        assert await answering.next() == META
        with pytest.raises(TimeoutError):
            await answering.next(0.01)
        go.set()
        assert await answering.next(5) == DONE

    asyncio.run(run())


def test_closing_stops_the_assistant_and_frees_the_place() -> None:
    async def run() -> None:
        assistant, ended = Endless(), Ended()
        answering = Answering(assistant.events(), ended)
        await answering.settle()
        await answering.close()
        assert assistant.stopped
        assert ended.times == 1

    asyncio.run(run())


def test_closing_an_answer_that_has_not_begun_frees_the_place() -> None:
    async def run() -> None:
        ended = Ended()
        await Answering(yielding(META), ended).close()
        assert ended.times == 1

    asyncio.run(run())


def test_a_stream_is_one_json_object_per_event() -> None:
    async def run() -> None:
        answering = Answering(yielding(META, Sources(()), Token("Ten [1]."), DONE), Ended())
        found = blocks(await drained(stream(answering, "r1", 5)))
        assert [name for name, _ in found] == ["meta", "sources", "token", "done"]
        assert found[0][1] == {
            "request_id": "r1",
            "mode": "extractive",
            "model": "sentences",
            "question": "What?",
            "rewritten": False,
        }
        assert found[2][1] == {"text": "Ten [1]."}
        assert found[3][1]["citations"] == [1]
        usage = {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
        assert found[3][1]["usage"] == usage

    asyncio.run(run())


def test_line_breaks_in_an_answer_do_not_break_the_stream() -> None:
    async def run() -> None:
        text = "one\n\nevent: done\rtwo\u2028"
        answering = Answering(yielding(Token(text)), Ended())
        assert blocks(await drained(stream(answering, "r1", 5))) == [("token", {"text": text})]

    asyncio.run(run())


def test_failures_after_the_start_are_told_in_the_stream() -> None:
    async def run() -> None:
        failed = Failed("model-timeout", "The model took too long", retry_after=5)
        known = blocks(await drained(stream(Answering(yielding(META, failed), Ended()), "r1", 5)))
        assert known[-1] == (
            "problem",
            {
                "type": "urn:problem-type:model-timeout",
                "title": "The model did not answer in time",
                "status": 504,
                "detail": "The model took too long",
                "request_id": "r1",
            },
        )
        bug = Answering(yielding(META, failing=RuntimeError("secret of the process")), Ended())
        unknown = blocks(await drained(stream(bug, "r1", 5)))
        assert unknown[-1][0] == "problem"
        assert unknown[-1][1]["status"] == 500
        assert "secret" not in str(unknown[-1][1])

    asyncio.run(run())


def test_a_silent_model_is_covered_by_comments() -> None:
    async def run() -> None:
        assistant = Endless()
        parts = stream(Answering(assistant.events(), Ended()), "r1", 0.01)
        seen = [await anext(parts) for _ in range(4)]
        assert seen[2:] == [b": ping\n\n", b": ping\n\n"]
        await parts.aclose()  # type: ignore[attr-defined]
        assert assistant.stopped

    asyncio.run(run())
