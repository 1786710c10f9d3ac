from __future__ import annotations

import pytest
from plugins.rag_eval import question

from docs_qa.rag_eval import wording


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The fee is €5.", "fee is 5 euros"),
        ("1,204 loans", "1204 loans"),
        ("€5.00 [1]", "5 €"),
        ("two of 12.50 euros", "2 of €12.50"),
        ("A drill, the drill", "drill drill"),
        ("12:00 noon [2][3]", "12:00 NOON"),
    ],
)
def test_the_same_said_differently(one: str, other: str) -> None:
    assert wording.tokens(one) == wording.tokens(other)


@pytest.mark.parametrize(
    ("answer", "wanted", "said"),
    [
        ("It costs €36 a year.", "€36", True),
        ("It costs 36 euros a year.", "€36", True),
        ("It costs €360 a year.", "€36", False),
        ("Harbour Lane 4", "€4", False),
        ("310 euros", "310", True),
        ("at 1.50 a day", "1.5", False),
        ("anything", "", False),
    ],
)
def test_containment_is_by_whole_words_and_amounts(answer: str, wanted: str, said: bool) -> None:
    assert wording.contains(wording.tokens(answer), wording.tokens(wanted)) is said


def test_facts_are_counted_each() -> None:
    asked = question("a", "What?", "x", "blue")
    both = asked.model_copy(
        update={"facts": (*asked.facts, asked.facts[0].model_copy(update={"answers": ("red",)}))}
    )

    assert wording.facts_said("It is blue.", both) == 0.5
    assert wording.facts_said("It is blue and red.", both) == 1.0


def test_quoting_too_much_and_too_little_both_cost() -> None:
    asked = question("a", "What?", "It is blue and round.", "blue")

    assert wording.quoted("It is blue and round. [1]", asked) == 1.0
    assert wording.quoted("It is blue", asked) == pytest.approx(0.75)
    assert wording.quoted("It is blue and round. " * 2, asked) == pytest.approx(2 / 3)


def test_f1_and_exact_take_the_best_reference() -> None:
    assert wording.f1("blue car", ["a red car", "blue"]) == pytest.approx(2 / 3)
    assert wording.f1("nothing alike", ["else"]) == 0.0
    assert wording.f1("x", []) == 0.0
    assert wording.exact("The blue.", ["blue"])
    assert not wording.exact("blue car", ["blue"])


def test_wordings_are_references_only_where_there_is_one_fact() -> None:
    one = question("a", "What?", "x", "blue", reference="It is blue.")

    assert wording.references(one) == ("It is blue.", "blue")
    assert wording.references(one.model_copy(update={"facts": one.facts * 2})) == ("It is blue.",)
