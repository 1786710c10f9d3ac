"""Duplicates: the index finds what comparing everything with everything finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from text2json.sft.dedup import (
    closest,
    drop_duplicates,
    leaks,
    shingles,
)
from text2json.sft.rows import Message, Row

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=7).map(" ".join)


def row(name: str, text: str) -> Row:
    turns = (Message(role="user", content=text), Message(role="assistant", content="x"))
    return Row(id=name, messages=turns)


def jaccard(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


@settings(deadline=None, max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=12), TEXTS)
def test_the_closest_row_is_found(train: list[str], asked: str) -> None:
    found = closest([row(str(i), text) for i, text in enumerate(train)], [row("q", asked)])
    assert found == [max(jaccard(text, asked) for text in train)]


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS, max_size=10), st.lists(TEXTS, max_size=6), st.lists(TEXTS, max_size=6))
def test_nothing_held_out_is_left_in_training(
    train: list[str], validation: list[str], test: list[str]
) -> None:
    texts = {"train": train, "validation": validation, "test": test}
    splits = {
        split: [row(f"{split}-{i}", text) for i, text in enumerate(found)]
        for split, found in texts.items()
    }
    kept = drop_duplicates(splits, 0.9)
    assert leaks(kept, 0.9) == []
    asked = {row.asked for rows in kept.values() for row in rows}
    assert len(asked) == sum(len(rows) for rows in kept.values())
    # Whatever was dropped has a twin that was kept.
    for text in {*train, *validation, *test}:
        assert any(jaccard(text, other) >= 0.9 for other in asked)
    assert {row.asked for row in kept["test"]} >= set(test[:1])
