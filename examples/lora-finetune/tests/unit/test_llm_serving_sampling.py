"""Tokens are drawn as the request says, and as its seed says."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from text2json.llm_serving.sampling import (
    Sampling,
    choose,
    randomness,
)

LOGITS = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()


def drawn(count: int = 400, **options: float) -> Counter[int]:
    sampling = Sampling(max_tokens=1, seed=7, **options)  # type: ignore[arg-type]
    generator = randomness(sampling)
    return Counter(choose(LOGITS[None], [sampling], [generator])[0] for _ in range(count))


@pytest.mark.parametrize("temperature", [0, 5e-324, 1e-6])
def test_a_temperature_of_about_zero_takes_the_likeliest(temperature: float) -> None:
    assert drawn(5, temperature=temperature) == {0: 5}


def test_tokens_are_drawn_by_their_probability() -> None:
    found = drawn()
    assert set(found) == {0, 1, 2, 3}
    assert found[0] / 400 == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("top_p", "allowed"), [(0.0, {0}), (0.4, {0}), (0.5, {0}), (0.6, {0, 1}), (0.9, {0, 1, 2})]
)
def test_top_p_keeps_the_smallest_set_that_reaches_it(top_p: float, allowed: set[int]) -> None:
    assert set(drawn(top_p=top_p)) == allowed


def test_a_low_temperature_sharpens() -> None:
    assert drawn(temperature=0.2)[0] > drawn(temperature=1.5)[0]


def test_a_row_does_not_depend_on_who_shares_its_batch() -> None:
    seeded, greedy = Sampling(1, seed=3), Sampling(1, temperature=0)
    generators = [randomness(seeded) for _ in range(2)]
    alone = [choose(LOGITS[None], [seeded], [generators[0]])[0] for _ in range(20)]
    both = LOGITS.expand(2, -1)
    shared = [choose(both, [greedy, seeded], [None, generators[1]]) for _ in range(20)]
    assert [row[1] for row in shared] == alone
    assert {row[0] for row in shared} == {0}


def test_without_a_seed_requests_differ() -> None:
    generators = [randomness(Sampling(1)) for _ in range(2)]
    first, second = (
        [choose(LOGITS[None], [Sampling(1)], [generator])[0] for _ in range(60)]
        for generator in generators
    )
    assert first != second
