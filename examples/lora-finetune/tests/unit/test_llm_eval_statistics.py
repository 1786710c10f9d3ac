"""Intervals hold what they promise, and tests agree with what can be counted by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from text2json.llm_eval.seeds import over_seeds
from text2json.llm_eval.statistics import (
    difference,
    interval,
    mcnemar,
    permutation,
    share,
)


def test_wilson_is_the_published_interval() -> None:
    # Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20.
    for right, count, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = share([number < right for number in range(count)])
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)
    assert share([False] * 20) == pytest.approx((0.0, 0.0, 0.1611), abs=1e-4)
    assert share([True] * 20) == pytest.approx((1.0, 0.8389, 1.0), abs=1e-4)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    covered = {"share": 0, "interval": 0, "difference": 0}
    rounds = 150
    for number in range(rounds):
        hard = random.random(60)
        old = random.random(60) < 0.3 * hard + 0.2
        new = random.random(60) < 0.3 * hard + 0.5
        low, high = share([bool(x) for x in new])[1:]
        covered["share"] += low <= 0.65 <= high
        scores = random.beta(2, 1, 60)
        low, high = interval(list(scores), seed=number)[1:]
        covered["interval"] += low <= 2 / 3 <= high
        low, high = difference(list(new * 1.0), list(old * 1.0), seed=number)[1:]
        covered["difference"] += low <= 0.3 <= high
    for name, count in covered.items():
        assert 0.89 <= count / rounds <= 0.99, name


def test_mcnemar_is_the_binomial_test_of_the_rows_that_differ() -> None:
    both = [True] * 30 + [False] * 20
    gained, lost = [True] * 10 + [False] * 2, [False] * 10 + [True] * 2
    assert mcnemar(both + gained, both + lost) == pytest.approx(0.03857, abs=1e-5)
    assert mcnemar(both + lost, both + gained) == pytest.approx(0.03857, abs=1e-5)
    assert mcnemar(both, both) == 1.0
    assert mcnemar([True], [False]) == 1.0


def test_the_permutation_test_counts_the_signs() -> None:
    new, old = [0.9, 0.8, 0.7, 0.9, 0.6, 0.8, 0.4], [0.5, 0.6, 0.6, 0.5, 0.5, 0.8, 0.6]
    changes = np.array(new) - np.array(old)
    every = [abs(float(np.dot(signs, changes))) for signs in product((-1, 1), repeat=7)]
    exact = np.mean([value >= abs(changes.sum()) - 1e-9 for value in every])
    assert permutation(new, old) == pytest.approx(float(exact), abs=0.02)
    assert permutation(old, old) == 1.0
    assert permutation([1.0] * 50, [0.0] * 50) == pytest.approx(1 / 4001)


def test_seeds_are_averaged_by_students_t() -> None:
    found = over_seeds([0.5, 0.6, 0.7, 0.6, 0.6])
    assert found == pytest.approx((0.6, 0.5122, 0.6878), abs=1e-4)


def test_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least one"):
        interval([])
    with pytest.raises(ValueError, match="at least one"):
        share([])
    with pytest.raises(ValueError, match="zip"):
        difference([1.0], [])
