"""Assistants over passages in memory: a search that compares words, a recorder that remembers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from docs_qa.documents import Chunk
from docs_qa.documents.sentences import spans
from docs_qa.rag import (
    Answer,
    AnswersConfig,
    Assistant,
    ChatSettings,
    Event,
    Turn,
)
from docs_qa.rag.events import Mode
from docs_qa.rag.extractive import ExtractiveAnswerer
from docs_qa.rag.generative import GenerativeAnswerer
from docs_qa.rag.model_rewriter import ModelRewriter
from docs_qa.rag.opening import open_caller
from docs_qa.rag.recorder import CallOutcome, Outcome, Stage
from docs_qa.rag.tracing import OFF
from docs_qa.rag.words import terms
from docs_qa.store import Found, Results, Sentence, Where

from .rag import PATIENCE, ChatServer

LOANS = "Books are lent for three weeks. They may be renewed twice. DVDs are lent for one week."
FEES = "A late book costs 0.50 euros per day. Fees are paid at the desk."
HOUSE = "The library was founded in 1904. Its hall seats 1200 people."
QUESTION = "How long are books lent?"
Quoting = Callable[..., Assistant]
Writing = Callable[..., Assistant]


class WordSearch:
    """Ranks passages by the words they share with a question; a cosine, so scores are 0..1.

    Attributes:
        queries: every question that was searched, with its filters.
    """

    def __init__(self, *texts: str, title: str = "Handbook", delay: float = 0.0) -> None:
        self.chunks = [chunk(text, index, title) for index, text in enumerate(texts)]
        self.queries: list[tuple[str, Where | None]] = []
        self._delay = delay

    def search(self, query: str, k: int | None = None, where: Where | None = None) -> Results:
        """Return the passages with a word in common, best first."""
        self.queries.append((query, where))
        time.sleep(self._delay)
        hits = [found(each, query) for each in self.chunks]
        ranked = sorted((hit for hit in hits if hit.score > 0), key=lambda hit: -hit.score)
        return Results(tuple(ranked[:k]), {"total": 0.002, "rerank": 0.001})


def chunk(text: str, index: int = 0, title: str = "Handbook", **fields: Any) -> Chunk:
    """Return a passage of a document made up for tests."""
    values: dict[str, Any] = {
        "id": f"00000000-0000-0000-0000-{index:012d}",
        "document": "handbook.md",
        "revision": "0" * 16,
        "index": index,
        "title": title,
        "section": "",
        "page": None,
        "kind": "markdown",
        "text": text,
        "start": 0,
        "end": len(text),
        "metadata": {},
    }
    return Chunk(**(values | fields))


def found(each: Chunk, query: str) -> Found:
    """Return a passage as a search for the query would."""
    sentences = [(start, end) for start, end in spans(each.text)]
    scores = [cosine(each.text[start:end], query) for start, end in sentences]
    best = max(scores, default=0.0)
    return Found(
        chunk=each,
        score=best,
        scores={"dense": cosine(each.text, query), "sentence": best},
        sentences=tuple(
            Sentence(start, end, score)
            for (start, end), score in zip(sentences, scores, strict=True)
        ),
    )


def cosine(text: str, query: str) -> float:
    """Return the cosine between two sets of words, 0..1."""
    one, other = terms(text), terms(query)
    return len(one & other) / (len(one) * len(other)) ** 0.5 if one and other else 0.0


class Tally:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {}
        self.questions: list[tuple[str, str]] = []
        self.calls: list[tuple[str, str]] = []
        self.used: list[tuple[str, int, int]] = []
        self.costs: list[tuple[str, float]] = []
        self.looks: list[tuple[str, bool]] = []
        self.scores: list[float] = []
        self.invalid = 0
        self.suspects = 0

    def stage(self, stage: Stage, seconds: float) -> None:
        """Remember a duration."""
        self.stages.setdefault(stage, []).append(seconds)

    def question(self, mode: Mode, outcome: Outcome) -> None:
        """Remember a question's end."""
        self.questions.append((mode, outcome))

    def tokens(self, model: str, input_tokens: int, output_tokens: int) -> None:
        """Remember what a call used."""
        self.used.append((model, input_tokens, output_tokens))

    def cost(self, model: str, usd: float) -> None:
        """Remember what a call cost."""
        self.costs.append((model, usd))

    def model_call(self, model: str, outcome: CallOutcome) -> None:
        """Remember a call."""
        self.calls.append((model, outcome))

    def cache(self, cache: str, *, hit: bool) -> None:
        """Remember a look into a cache."""
        self.looks.append((cache, hit))

    def top_score(self, score: float) -> None:
        """Remember the evidence."""
        self.scores.append(score)

    def invalid_citations(self, count: int) -> None:
        """Add to the count."""
        self.invalid += count

    def suspicious_passages(self, count: int) -> None:
        """Add to the count."""
        self.suspects += count


@pytest.fixture
def tally() -> Tally:
    """A recorder that remembers."""
    return Tally()


def config(**changes: object) -> AnswersConfig:
    """Settings whose thresholds fit `WordSearch`; keyword arguments are tables of the file."""
    values = {
        "evidence": {"extractive": 0.3, "model": 0.1},
        "retries": {"attempts": 1},
        "timeouts": {"connect": PATIENCE, "first_token": PATIENCE, "rewrite": PATIENCE},
    }
    return AnswersConfig.model_validate(values | changes)


@pytest.fixture
def quoting(tally: Tally) -> Quoting:
    """Makes an assistant without a model."""

    def make(*texts: str, search: WordSearch | None = None, **changes: object) -> Assistant:
        settings = config(**changes)
        return Assistant(
            search or WordSearch(*(texts or (LOANS, FEES, HOUSE))),
            ExtractiveAnswerer(settings.extractive),
            settings,
            recorder=tally,
            revisions=lambda: {"handbook.md": "1"},
        )

    return make


@pytest.fixture
def writing(chat_server: ChatServer, tally: Tally) -> Writing:
    """Makes an assistant with a model."""

    def make(*texts: str, search: WordSearch | None = None, **changes: object) -> Assistant:
        settings = config(**changes)
        chat = ChatSettings(chat_model="openai:served", chat_url=f"{chat_server.url}/v1")
        caller = open_caller(chat, settings, tally, OFF)
        return Assistant(
            search or WordSearch(*(texts or (LOANS, FEES, HOUSE))),
            GenerativeAnswerer(caller, settings),
            settings,
            rewriter=ModelRewriter(caller, settings),
            recorder=tally,
        )

    return make


def ask(assistant: Assistant, question: str = QUESTION, history: Sequence[Turn] = ()) -> Answer:
    """Return the whole answer."""
    return asyncio.run(assistant.answer(question, history))


def events(assistant: Assistant, question: str = QUESTION) -> list[Event]:
    """Return everything that happens until the answer is there."""

    async def collect() -> list[Event]:
        async with aclosing(assistant.ask(question)) as stream:
            return [event async for event in stream]

    return asyncio.run(collect())
