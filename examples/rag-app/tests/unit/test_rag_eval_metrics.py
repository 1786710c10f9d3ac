from __future__ import annotations

from math import log2

import pytest

from docs_qa.rag_eval import metrics
from docs_qa.rag_eval.gold import Gold, Place

A, B = Place("d", 100, 200), Place("d", 500, 600)
ONE: Gold = ((A,),)
TWO: Gold = ((A,), (B,))
EITHER: Gold = ((A, B),)
OTHER = Place("e", 100, 200)


@pytest.mark.parametrize(
    ("passage", "held"),
    [
        (Place("d", 0, 300), True),
        (Place("d", 150, 300), True),
        (Place("d", 151, 300), False),
        (Place("e", 0, 300), False),
    ],
)
def test_half_of_a_quotation_is_enough(passage: Place, held: bool) -> None:
    assert metrics.holds(passage, A) is held


def test_a_perfect_ranking_has_one_everywhere() -> None:
    ranking = [Place("d", 90, 210), Place("d", 490, 610)]

    values = metrics.measure(ranking, TWO, metrics.ideal_gain(ranking, TWO))

    assert set(values.values()) == {1.0}


def test_rank_counts() -> None:
    ranking = [OTHER, OTHER, A, B]
    ideal = metrics.ideal_gain([A, B, OTHER], TWO)

    values = metrics.measure(ranking, TWO, ideal)

    assert values["mrr@10"] == pytest.approx(1 / 3)
    assert values["recall@5"] == 1.0
    assert values["ndcg@10"] == pytest.approx((0.5 + 1 / log2(5)) / (1 + 1 / log2(3)))


def test_what_was_said_before_gains_nothing() -> None:
    facts = [frozenset({0}), frozenset({0}), frozenset({1})]

    assert metrics.discounted_gain(facts) == pytest.approx(1 + 0.5)


def test_any_alternative_is_enough() -> None:
    assert metrics.recall([metrics.facts_in(B, EITHER)], 1) == 1.0
    assert metrics.recall_within([B], EITHER, 2000) == 1.0


def test_one_passage_with_both_facts_is_ideal_where_there_is_one() -> None:
    both = Place("d", 0, 700)

    assert metrics.ideal_gain([A, B, both], TWO) == 2.0
    assert metrics.ideal_gain([A, B], TWO) == pytest.approx(1 + 1 / log2(3))
    assert metrics.ideal_gain([], ONE) == 0.0
    assert metrics.measure([OTHER], ONE, 0.0)["ndcg@10"] == 0.0


def test_room_is_what_is_read_not_how_many_passages() -> None:
    long = Place("e", 0, 1950)

    assert metrics.recall_within([long, A], ONE, 2000) == pytest.approx(0.5)
    assert metrics.recall_within([A, long], ONE, 2000) == 1.0
    assert metrics.recall_within([Place("e", 0, 2000), A], ONE, 2000) == 0.0


def test_overlapping_passages_are_not_counted_twice() -> None:
    halves = [Place("d", 100, 150), Place("d", 120, 150)]

    assert metrics.recall_within(halves, ONE, 2000) == pytest.approx(0.5)
