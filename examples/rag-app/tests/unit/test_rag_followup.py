"""Follow-up questions, made complete by rules."""

from __future__ import annotations

import pytest

from docs_qa.rag.events import Turn
from docs_qa.rag.followup import standalone


def conversation(*texts: str) -> list[Turn]:
    return [Turn("assistant" if index % 2 else "user", text) for index, text in enumerate(texts)]


LOAN = conversation("How long is the loan period for books?", "Three weeks [1].")
HAMLET = conversation("Who wrote Hamlet?", "Hamlet was written by William Shakespeare [1].")
KEEP = conversation("How long may I keep a DVD?", "One week [1].")
FEE = conversation("What does membership cost?", "20 euros a year [2].")
BRANCH = conversation("Where is the Westside branch?", "In Mill Street [1].")


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (LOAN, "What about DVDs?", "How long is the loan period for DVDs?"),
        (LOAN, "And for DVDs?", "How long is the loan period for DVDs?"),
        (LOAN, "Can it be extended?", "Can the loan period for books be extended?"),
        (KEEP, "Can it be renewed?", "Can DVD be renewed?"),
        (HAMLET, "When was he born?", "When was William Shakespeare born?"),
        (HAMLET, "And Macbeth?", "Who wrote Macbeth?"),
        (HAMLET, "When was it first performed?", "When was Hamlet first performed?"),
        (FEE, "for students?", "What does membership cost for students?"),
        (FEE, "Why?", "Why (membership cost)?"),
        (FEE, "How much is that per month?", "How much is that per month (membership cost)?"),
        (BRANCH, "What are its opening hours?", "What are Westside branch's opening hours?"),
        (BRANCH, "Is there parking there?", "Is there parking there (Westside branch)?"),
    ],
)
def test_what_is_left_out_is_carried_over(
    history: list[Turn], question: str, expected: str
) -> None:
    assert standalone(question, history) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How do I reserve a meeting room?",
        "Is it possible to reserve a room?",
        "Who may use the printers?",
        "Thanks, very good!",
    ],
)
def test_a_question_that_stands_alone_is_unchanged(question: str) -> None:
    assert standalone(question, FEE) == question


def test_a_first_question_is_unchanged() -> None:
    assert standalone("When does it open?", []) == "When does it open?"


def test_a_topic_is_carried_over_several_turns() -> None:
    history = [*LOAN, *conversation("What about DVDs?", "One week [1].")]
    expected = "What happens if DVDs are late?"
    assert standalone("What happens if they are late?", history) == expected


def test_another_language_is_searched_as_it_is() -> None:
    history = conversation("Welche Gebühren gibt es?", "Fünf Euro.")
    assert standalone("Wie lange dauert das?", history) == "Wie lange dauert das?"
