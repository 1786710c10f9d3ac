from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from plugins.rag_eval import FEES
from plugins.rag_parts import chunk

from docs_qa.documents import parse
from docs_qa.rag_eval import generate, generate_model
from docs_qa.rag_eval.generate import Draft
from docs_qa.rag_eval.judge import Judge, Pair

TEXT = f"""{FEES}

## May I bring my dog?

On a lead, yes. Not into the workshop.

## Words

A grace period is the time in which a late return costs nothing.

It is a kind offer. The house at the harbour has 3 floors, all of them dry.
"""


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return list(generate.drafts("fees.md", parse(TEXT.encode(), "fees.md")))


def test_every_pattern_gives_its_question(drafts: Sequence[Draft]) -> None:
    found = {(draft.kind, draft.question): draft.answer for draft in drafts}

    assert found["heading", "May I bring my dog?"] == "On a lead, yes."
    assert found["definition", "What is grace period?"].startswith("the time in which")
    assert found["number", "The house at the harbour has how many floors?"] == "3 floors"
    assert (
        found["table", "Deposits: what does the table say under “Deposit” for Cargo trailer?"]
        == "150 euros"
    )


def test_nothing_is_asked_about_what_only_points(drafts: Sequence[Draft]) -> None:
    assert not [draft for draft in drafts if "kind offer" in draft.question + draft.answer]


def test_the_answer_is_in_the_quotation_and_the_quotation_in_the_text(
    drafts: Sequence[Draft],
) -> None:
    assert drafts
    assert all(draft.answer in draft.quote for draft in drafts if draft.kind != "number")
    assert all(draft.quote in TEXT for draft in drafts)


@pytest.mark.parametrize(
    ("question", "answer", "plausible"),
    [
        ("The house in the harbour has how many floors?", "3 floors", True),
        ("The house has 3 floors in the harbour?", "3 floors", False),
        ("How much is it?", "3 euros", False),
    ],
)
def test_questions_must_be_clear_and_not_give_the_answer(
    question: str,
    answer: str,
    plausible: bool,
) -> None:
    assert generate.plausible(Draft("x", question, answer, "d", "q")) is plausible


def test_a_sample_is_spread_repeatable_and_without_repetition() -> None:
    found = [Draft("number", f"q{i}", "a", f"d{i % 4}", f"s{i}") for i in range(40)]
    found += [Draft("table", f"t{i}", "a", "d0", "s0") for i in range(5)]

    chosen = generate.sample(found, 8, seed=1)

    assert {draft.document for draft in chosen} == {"d0", "d1", "d2", "d3"}
    assert chosen == generate.sample(found, 8, seed=1)
    assert len({draft.quote for draft in generate.sample(found, 100, seed=1)}) == 40


def test_numbered_questions_alternate_between_the_halves() -> None:
    made = generate.numbered([Draft("x", "Why?", "so", "d", "so it is")] * 3)

    assert [(each.id, each.split) for each in made] == [
        ("g001", "choose"),
        ("g002", "report"),
        ("g003", "choose"),
    ]


PASSAGE = chunk("A drill that comes back late costs 1.50 euros per day.", document="fees.md")


def written(**change: Any) -> dict[str, Any]:
    return {
        "question": "What do I owe for an overdue drill?",
        "answer": "1.50 euros",
        "quote": PASSAGE.text,
    } | change


@pytest.mark.parametrize(
    ("reply", "confirmation", "accepted"),
    [
        (json.dumps([written()]), "€1.50", True),
        (f"Here you are:\n```json\n{json.dumps([written()])}\n```", "1.50 euros", True),
        (json.dumps([written()]), "NO_ANSWER", False),
        (json.dumps([written(quote="A drill that comes back late is free.")]), "€1.50", False),
        (json.dumps([written(answer="2 euros")]), "2 euros", False),
        (
            json.dumps([written(question="Is 1.50 euros the price of a late drill?")]),
            "€1.50",
            False,
        ),
        (json.dumps([written(question=PASSAGE.text)]), "€1.50", False),
        (json.dumps([written(question="")]), "€1.50", False),
        ("I cannot do that.", "€1.50", False),
        ("[not json]", "€1.50", False),
    ],
)
def test_nothing_that_a_model_says_is_believed(
    reply: str, confirmation: str, accepted: bool
) -> None:
    model = FakeListChatModel(responses=[reply, confirmation])

    found = list(generate_model.drafts(model, [PASSAGE]))

    assert [draft.answer for draft in found] == (["1.50 euros"] if accepted else [])


PAIR = Pair("What?", "blue", new="It is blue. [1]", old="It is red. [1]")


@pytest.mark.parametrize(
    ("replies", "preference"),
    [
        (["A", "B"], 1.0),
        (["B", "A"], 0.0),
        (["A", "A"], 0.5),
        (["tie", "tie"], 0.5),
        (["The better answer is A", "no idea"], 0.5),
    ],
)
def test_a_verdict_counts_only_in_both_orders(
    tmp_path: Any,
    replies: list[str],
    preference: float,
) -> None:
    judge = Judge(FakeListChatModel(responses=replies), "m", tmp_path / "deep" / "v.jsonl")

    assert judge.prefer(PAIR) == preference


def test_verdicts_are_kept_per_model(tmp_path: Any) -> None:
    cache = tmp_path / "v.jsonl"
    first = Judge(FakeListChatModel(responses=["A", "B"]), "m", cache)
    assert first.prefer(PAIR) == 1.0

    # A model that would judge otherwise is not asked again.
    assert Judge(FakeListChatModel(responses=["B", "A"]), "m", cache).prefer(PAIR) == 1.0
    other = Judge(FakeListChatModel(responses=["B", "A"]), "other", cache)
    assert other.win_rate([PAIR]).mean == 0.0
