"""The bundled questions are about the bundled documents, and hard enough to tell searches apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from docs_qa.rag_eval import gold, wording
from docs_qa.rag_eval.questions import (
    Question,
    QuestionError,
)

FEWEST = {"answerable": 120, "unanswerable": 30, "follow-up": 20, "off-topic": 10, "near-miss": 20}
COPIED = 8


def test_every_quotation_stands_in_its_document(
    sample_questions: tuple[Question, ...],
    sample_texts: Mapping[str, str],
) -> None:
    places = gold.resolve(sample_questions, sample_texts)

    assert all(places[question.id] for question in sample_questions if question.answerable)


def test_a_quotation_that_is_not_there_is_named(sample_texts: Mapping[str, str]) -> None:
    wrong = Question.model_validate(
        {
            "id": "q1",
            "kind": "fact",
            "question": "What is it?",
            "facts": [
                {"spans": [{"document": "visitors/faq.md", "quote": "x y"}], "answers": ["x"]}
            ],
        }
    )
    with pytest.raises(QuestionError, match=r"q1 in visitors/faq\.md"):
        gold.resolve([wrong], sample_texts)


def test_there_are_enough_of_every_kind_in_both_halves(
    sample_questions: tuple[Question, ...],
) -> None:
    counts = Counter(question.kind for question in sample_questions)
    counts["answerable"] = sum(question.answerable for question in sample_questions)
    counts["unanswerable"] = len(sample_questions) - counts["answerable"]
    halves = Counter((question.kind, question.split) for question in sample_questions)

    assert {kind: counts[kind] for kind in FEWEST if counts[kind] < FEWEST[kind]} == {}
    assert all(
        abs(halves[kind, "choose"] - halves[kind, "report"]) <= 1
        for kind in {question.kind for question in sample_questions}
    )
    assert all(question.history for question in sample_questions if question.kind == "follow-up")


def test_no_question_is_asked_twice(sample_questions: tuple[Question, ...]) -> None:
    asked = Counter(
        (question.question, question.history, str(question.where)) for question in sample_questions
    )

    assert [key for key, count in asked.items() if count > 1] == []


def test_wordings_are_in_the_quotations(sample_questions: tuple[Question, ...]) -> None:
    strange = [
        (question.id, fact.answers)
        for question in sample_questions
        for fact in question.facts
        if not any(
            wording.contains(wording.tokens(span.quote), wording.tokens(answer))
            for span in fact.spans
            for answer in fact.answers
        )
    ]

    assert strange == []


def test_references_say_the_facts(sample_questions: tuple[Question, ...]) -> None:
    incomplete = [
        (question.id, question.reference)
        for question in sample_questions
        if question.answerable and wording.facts_said(question.reference, question) < 1
    ]

    assert incomplete == []


def test_questions_are_not_copied_from_the_documents(
    sample_questions: tuple[Question, ...],
    sample_texts: Mapping[str, str],
) -> None:
    everything = {name: gold.Words(text) for name, text in sample_texts.items()}
    copied = []
    for question in sample_questions:
        words = question.question.split()
        runs = (" ".join(words[i : i + COPIED]) for i in range(len(words) - COPIED + 1))
        copied += [run for run in runs if any(words.find(run) for words in everything.values())]

    assert copied == []
