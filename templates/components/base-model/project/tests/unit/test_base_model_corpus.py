"""The corpus: each answer follows from its text, and no seed changes what it was."""

from __future__ import annotations

import json
from itertools import islice
from random import Random

import pytest

from my_project.pretraining import corpus, words


@pytest.mark.parametrize("mixture", [corpus.EARLY, corpus.LATER])
def test_the_same_seed_gives_the_same_examples(mixture: corpus.Mixture) -> None:
    first, again, other = (list(islice(corpus.stream(seed, mixture), 50)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_record_has_the_fields_that_are_asked_for_in_their_order() -> None:
    random = Random(3)
    for _ in range(300):
        _, (system, _, answer) = corpus.record(random)
        asked = [label.split()[0] for label in system["content"].removeprefix("json: ").split(", ")]
        assert list(json.loads(answer["content"])) == list(dict.fromkeys(asked))


def test_names_and_references_of_an_answer_stand_in_the_text() -> None:
    random = Random(4)
    for _ in range(300):
        _, (_, user, answer) = corpus.record(random)
        for value in json.loads(answer["content"]).values():
            if isinstance(value, str):
                assert value in user["content"]


def test_lists_are_repeated_word_by_word_and_as_json() -> None:
    _, (_, user, answer) = corpus.copying(Random(5))
    assert answer["content"] == user["content"]
    _, (_, user, answer) = corpus.listing(Random(5))
    assert ", ".join(json.loads(answer["content"])) == user["content"]


def test_a_question_is_answered_by_the_text() -> None:
    random = Random(6)
    for _ in range(100):
        _, (_, user, answer) = corpus.question(random)
        number = answer["content"]
        said = user["content"]
        spoken = [text for text, value in words.PACKS.items() if str(value) == number]
        named = [words.NUMBERS[int(number)]] if number.isdigit() and int(number) <= 20 else []
        assert any(form in said for form in (number, *spoken, *named))


def test_amounts_are_said_in_several_ways() -> None:
    random = Random(7)
    found = dict(words.amount(random)[::-1] for _ in range(2000))
    assert found["a dozen"] == 12
    assert found["seven"] == 7
    assert any(said.isdigit() for said in found)
