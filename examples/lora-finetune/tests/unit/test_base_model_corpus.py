"""The corpus: each answer follows from its text, and no seed changes what it was."""

from __future__ import annotations

import json
from itertools import islice
from random import Random

import pytest

from text2json.pretraining import corpus, words


@pytest.mark.parametrize("mixture", [corpus.EARLY, corpus.LATER])
def test_the_same_seed_gives_the_same_examples(mixture: corpus.Mixture) -> None:
    first, again, other = (list(islice(corpus.stream(seed, mixture), 50)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_record_has_the_fields_that_are_asked_for_in_their_order() -> None:
    random = Random(3)
    for _ in range(300):
        _, (system, _, answer) = corpus.record(random)
        asked = system["content"].removeprefix("json: ").split(", ")
        assert list(json.loads(answer["content"])) == asked


def _said(value: str) -> list[str]:
    """All the ways in which a value may stand in a text."""
    packs = [said for said, number in words.PACKS.items() if str(number) == value]
    small = value.isdigit() and int(value) < len(words.NUMBERS)
    return [value, *packs, *([words.NUMBERS[int(value)]] if small else [])]


def test_every_value_of_a_record_stands_in_its_text() -> None:
    random = Random(4)
    for _ in range(300):
        _, (_, user, answer) = corpus.record(random)
        for value in json.loads(answer["content"]).values():
            assert any(said in user["content"] for said in _said(str(value)))


def test_lists_are_repeated_word_by_word_and_as_json() -> None:
    _, (_, user, answer) = corpus.copying(Random(5))
    assert answer["content"] == user["content"]
    _, (_, user, answer) = corpus.listing(Random(5))
    assert ", ".join(json.loads(answer["content"])) == user["content"]


def test_questions_are_answered_by_the_text() -> None:
    random = Random(6)
    for _ in range(100):
        _, (system, *turns) = corpus.question(random)
        assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
        for answer in turns[1::2]:
            assert any(said in system["content"] for said in _said(answer["content"]))


def test_amounts_are_said_in_several_ways() -> None:
    random = Random(7)
    found = dict(words.amount(random)[::-1] for _ in range(2000))
    assert found["a dozen"] == 12
    assert found["seven"] == 7
    assert any(said.isdigit() for said in found)


def test_things_are_counted_as_the_text_says() -> None:
    random = Random(8)
    for _ in range(100):
        _, (_, user, answer) = corpus.counting(random)
        [items] = json.loads(answer["content"]).values()
        for item in items:
            thing, number = item.values()
            said = thing if number == 1 else words.plural(thing)
            assert any(f"{amount} {said}" in user["content"] for amount in _said(str(number)))
