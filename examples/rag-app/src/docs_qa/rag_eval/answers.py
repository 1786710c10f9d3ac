"""Runs ways to answer side by side on the same questions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from docs_qa.rag import (
    Answer,
    Assistant,
    Ending,
    Silent,
    Task,
    Usage,
)
from docs_qa.rag.events import Mode, Source
from docs_qa.rag_eval import wording
from docs_qa.rag_eval.abstention import Case
from docs_qa.rag_eval.corpus import Corpus
from docs_qa.rag_eval.gold import Gold, Place
from docs_qa.rag_eval.metrics import facts_in
from docs_qa.rag_eval.questions import Question


class FirstPassage:
    """The simplest answerer: the best passage as it stands. What sentences are chosen for."""

    mode: Mode = "extractive"
    model: str = "first-passage"

    async def stream(self, task: Task) -> AsyncGenerator[str | Ending]:
        """Yield the best passage and its citation."""
        yield f"{' '.join(task.sources[0].text.split())} [{task.sources[0].number}]"
        yield Ending(self.mode, self.model, Usage())


class Evidence(Silent):
    """A recorder that remembers the evidence of the last question."""

    def __init__(self) -> None:
        self.last = -1.0

    def top_score(self, score: float) -> None:
        """Remember it."""
        self.last = score


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, judged.

    Attributes:
        question: what was asked.
        answer: as the assistant gave it.
        evidence: of the best passage.
        seconds: until it was complete.
        values: metrics; empty if the question cannot be answered or the assistant abstained.
    """

    question: Question
    answer: Answer
    evidence: float
    seconds: float
    values: Mapping[str, float]

    @property
    def case(self) -> Case:
        """What calibration needs to know of it."""
        right = self.values.get("facts said", 0.0)
        return Case(self.evidence, self.question.answerable, right)


@dataclass(frozen=True, slots=True)
class Answering:
    """How one way to answer did on all questions."""

    name: str
    answered: Sequence[Answered]

    def values(self, metric: str) -> list[float]:
        """Return one value per answerable question; 0 where the assistant abstained."""
        return [each.values.get(metric, 0.0) for each in self.answered if each.question.answerable]

    def wrongly_answered(self) -> list[float]:
        """Return 1 per unanswerable question that got an answer, 0 per one that got none."""
        return [
            float(not each.answer.done.abstained)
            for each in self.answered
            if not each.question.answerable
        ]

    @property
    def cases(self) -> list[Case]:
        """What calibration needs to know."""
        return [each.case for each in self.answered]


def judge(question: Question, gold: Gold, answer: Answer, corpus: Corpus) -> dict[str, float]:
    """Measure an answer to a question that can be answered.

    Returns:
        Shares in [0, 1]: `facts said` (in one of their wordings), `exact` and `F1` (against the
        reference), `quoted` (F1 against the quotations), `grounded` (sentences that their citations
        bear out), `citation precision` (cited passages that hold a fact) and `citation recall`
        (facts that a cited passage holds), `score` (mean of facts said and quoted: half for saying
        it, half for saying nothing else); and `words`, a number.
    """
    text = answer.done.answer
    cited = [_place(source, corpus) for source in _cited(answer)]
    facts = [facts_in(place, gold) for place in cited]
    right = wording.references(question)
    said, quoted = wording.facts_said(text, question), wording.quoted(text, question)
    claims = answer.done.claims
    return {
        "facts said": said,
        "exact": float(wording.exact(text, right)),
        "F1": wording.f1(text, right),
        "grounded": mean(claim.supported for claim in claims) if claims else 0.0,
        "citation precision": mean(bool(found) for found in facts) if facts else 0.0,
        "citation recall": len(frozenset[int]().union(*facts)) / len(gold),
        "quoted": quoted,
        "score": (said + quoted) / 2,
        "words": float(len(wording.tokens(text))),
    }


def run(
    name: str,
    assistant: Assistant,
    evidence: Evidence,
    questions: Sequence[Question],
    *,
    gold: Mapping[str, Gold],
    corpus: Corpus,
) -> Answering:
    """Ask every question, one after the other, and judge the answers.

    Args:
        name: for the result.
        assistant: built with `evidence` as its recorder.
        evidence: is read after each question.
        questions: of any kind.
        gold: places of the facts by question.
        corpus: what the assistant searches.

    Raises:
        Unavailable: a model gives no answers.
    """

    async def ask(question: Question) -> Answered:
        start = time.perf_counter()
        answer = await assistant.answer(
            question.question,
            question.history,
            question.where or None,
            request_id=question.id,
        )
        seconds = time.perf_counter() - start
        measured = question.answerable and not answer.done.abstained
        values = judge(question, gold[question.id], answer, corpus) if measured else {}
        return Answered(question, answer, evidence.last, seconds, values)

    async def ask_all() -> list[Answered]:
        return [await ask(question) for question in questions]

    return Answering(name, asyncio.run(ask_all()))


def _cited(answer: Answer) -> list[Source]:
    numbers = set(answer.done.citations)
    return [source for source in answer.sources.sources if source.number in numbers]


def _place(source: Source, corpus: Corpus) -> Place:
    return corpus.places[source.passage]
