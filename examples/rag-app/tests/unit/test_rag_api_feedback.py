"""Ratings and what is kept for them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from docs_qa.rag_api.feedback import Feedback, Kept

CITED: list[dict[str, object]] = [
    {"document": "fees.md", "section": "Late returns", "page": None, "text": "Ten a day."}
]


def kept(request_id: str, question: str = "What does it cost?") -> Kept:
    return Kept(request_id, "extractive", "sentences", question, "Ten [1].", False, CITED)


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(sa.create_engine(f"sqlite:///{tmp_path / 'library.sqlite'}"))


def test_a_rating_comes_back_with_its_question(feedback: Feedback) -> None:
    feedback.keep(kept("r1"))
    feedback.rate("r1", "alice", "down", "It is twelve")
    [found] = feedback.rated()
    assert found.kept == kept("r1")
    assert (found.rating, found.comment) == ("down", "It is twelve")


def test_a_second_thought_replaces_the_first_but_not_that_of_others(feedback: Feedback) -> None:
    feedback.keep(kept("r1"))
    feedback.rate("r1", "alice", "down", "")
    feedback.rate("r1", "bob", "down", "")
    feedback.rate("r1", "alice", "up", "")
    assert [found.rating for found in feedback.rated()] == ["down", "up"]
    assert [found.rating for found in feedback.rated("up")] == ["up"]


def test_without_a_question_there_is_nothing_to_evaluate(feedback: Feedback) -> None:
    feedback.rate("r1", "alice", "down", "")
    assert list(feedback.rated()) == []


def test_old_questions_are_forgotten(feedback: Feedback) -> None:
    feedback.keep(kept("r1"))
    feedback.rate("r1", "alice", "up", "")
    assert feedback.forget(1) == 0
    assert feedback.forget(-1) == 1
    assert list(feedback.rated()) == []


def test_characters_that_databases_refuse_are_left_out(feedback: Feedback) -> None:
    feedback.keep(kept("r1", "a\x00b"))
    feedback.rate("r1", "alice", "up", "c\x00d")
    [found] = feedback.rated()
    assert (found.kept.question, found.comment) == ("ab", "cd")


def test_an_id_used_twice_keeps_the_last_question(feedback: Feedback) -> None:
    feedback.keep(kept("r1", "first"))
    feedback.keep(kept("r1", "second"))
    feedback.rate("r1", "alice", "up", "")
    assert [found.kept.question for found in feedback.rated()] == ["second"]
