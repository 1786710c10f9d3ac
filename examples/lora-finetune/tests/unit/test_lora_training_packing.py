"""Packing: every conversation once, rows not too long, and none sees another."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

from text2json.finetune.encode import IGNORED, Encoded
from text2json.finetune.packing import collate, epoch, pack


@given(st.lists(st.integers(1, 50), max_size=60))
def test_every_item_is_packed_once_and_rows_are_full_enough(lengths: list[int]) -> None:
    rows = pack(lengths, 50)
    assert sorted(item for row in rows for item in row) == list(range(len(lengths)))
    filled = [sum(lengths[item] for item in row) for row in rows]
    assert all(0 < tokens <= 50 for tokens in filled)
    # What best fit guarantees: no two rows would go into one.
    assert all(a + b > 50 for a, b in zip(sorted(filled), sorted(filled)[1:], strict=False))


def test_epochs_have_the_same_conversations_beside_others(encoded: list[Encoded]) -> None:
    first, again, next_one = (epoch(encoded, 512, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != next_one
    for rows in (first, next_one):
        packed = [item.ids for row in rows for item in row]
        assert sorted(packed) == sorted(item.ids for item in encoded)


def test_a_packed_conversation_has_the_logits_that_it_has_alone(
    encoded: list[Encoded], tiny_model: Any
) -> None:
    rows = [encoded[:2], encoded[2:5], encoded[5:6]]
    batch = collate(rows, pad=0)
    with torch.no_grad():
        packed = tiny_model(
            input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False
        ).logits
        for number, row in enumerate(rows):
            start = 0
            for item in row:
                alone = tiny_model(input_ids=torch.tensor([item.ids]), use_cache=False).logits[0]
                together = packed[number, start : start + len(item.ids)]
                torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)
                start += len(item.ids)


def test_without_positions_conversations_would_see_each_other(
    encoded: list[Encoded], tiny_model: Any
) -> None:
    batch = collate([encoded[:2]], pad=0)
    with torch.no_grad():
        mixed = tiny_model(input_ids=batch["input_ids"], use_cache=False).logits[0]
        alone = tiny_model(input_ids=torch.tensor([encoded[1].ids]), use_cache=False).logits[0]
    assert not torch.allclose(mixed[len(encoded[0].ids) :][: len(alone)], alone, atol=1e-2)


def test_nothing_predicts_the_first_token_of_a_conversation() -> None:
    items = [Encoded([5, 6], [5, 6]), Encoded([7, 8, 9], [7, 8, 9])]
    batch = collate([items, items[:1]], pad=3)
    assert batch["input_ids"].tolist() == [[5, 6, 7, 8, 9], [5, 6, 3, 3, 3]]
    assert batch["position_ids"].tolist() == [[0, 1, 0, 1, 2], [0, 1, 0, 0, 0]]
    none = IGNORED
    assert batch["labels"].tolist() == [[none, 6, none, 8, 9], [none, 6, none, none, none]]
