"""The check of citations: what is not in a passage does not keep its citation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from docs_qa.rag.events import Source
from docs_qa.rag.settings import Support
from docs_qa.rag.support import Check, Similarity, Verified


def source(number: int, text: str) -> Source:
    return Source(number, f"p{number}", "a.md", "Library rules", "", None, "text", 0.5, text)


SOURCES = [
    source(1, "Books are lent for three weeks. A late book costs 0.50 euros per day."),
    source(2, "The library was founded in 1904 by Ada Winter. Its hall seats 1,200 people."),
]


def verify(answer: str, question: str = "?", similarity: Similarity | None = None) -> Verified:
    return Check(question, SOURCES, Support(), similarity).verify(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Books are lent for three weeks [1].",
        "You may keep a book for 3 weeks, and late books cost 0.50 euros per day [1].",
        "Ada Winter founded the library in 1904. [2]",
        "The hall seats 1200 people [2]. A late book costs 0.50 euros per day [1].",
    ],
)
def test_what_a_passage_says_keeps_its_citation(answer: str) -> None:
    verified = verify(answer)
    assert verified.answer == answer
    assert verified.removed == 0
    assert all(claim.supported for claim in verified.claims)


@pytest.mark.parametrize(
    "answer",
    [
        "Books are lent for five weeks, that is 5 weeks [1].",
        "The library was founded in 1906 by Ada Winter [2].",
        "The library was founded in 1904 by Karl Sommer [2].",
        "Dogs must wait outside the building [1].",
        "The library was founded in 1904 [1].",
    ],
    ids=["number", "year", "name", "topic", "wrong passage"],
)
def test_what_it_does_not_say_loses_it_and_is_flagged(answer: str) -> None:
    verified = verify(answer)
    assert "[" not in verified.answer
    assert verified.removed == 1
    assert [claim.supported for claim in verified.claims] == [False]


def test_words_of_the_question_prove_nothing() -> None:
    question = "What is the late fee for a book that costs a lot?"
    answer = "The late fee for a book that costs a lot is waived entirely [1]."
    assert not verify(answer, question).claims[0].supported


def test_a_claim_begins_after_a_citation_that_stood_first() -> None:
    verified = verify("[2] Books are lent for three weeks [1].")
    claim = verified.claims[0]
    assert verified.answer[claim.start : claim.end] == "Books are lent for three weeks [1]."


def test_of_two_citations_the_idle_one_goes() -> None:
    verified = verify("Books are lent for three weeks [1][2].")
    assert verified.answer == "Books are lent for three weeks [1]."
    assert verified.claims[0].citations == (1,)


def test_two_passages_may_bear_out_a_sentence_together() -> None:
    answer = "The library, founded in 1904, lends books for three weeks [1][2]."
    verified = verify(answer)
    assert verified.answer == answer
    assert verified.claims[0].citations == (1, 2)


def test_without_citations_any_passage_may_bear_it_out() -> None:
    verified = verify("Books are lent for three weeks. The moon is made of cheese.")
    assert [claim.supported for claim in verified.claims] == [True, False]


def test_meaning_decides_where_words_do_not() -> None:
    asked: list[Sequence[str]] = []

    def alike(texts: Sequence[str], passages: Sequence[str]) -> NDArray[np.float32]:
        asked.append(texts)
        return np.full((len(texts), len(passages)), 0.9, np.float32)

    assert verify("Borrowers keep volumes twenty-one nights [1].", similarity=alike).removed == 0
    assert verify("Books are lent for three weeks [1].", similarity=alike).removed == 0
    assert len(asked) == 1  # words sufficed for the second


def test_claims_point_at_their_sentences() -> None:
    verified = verify("Dogs wait outside [1]. Books are lent for three weeks [1].\n- Bye [2]")
    texts = [verified.answer[claim.start : claim.end] for claim in verified.claims]
    assert texts == ["Dogs wait outside.", "Books are lent for three weeks [1].", "- Bye"]
