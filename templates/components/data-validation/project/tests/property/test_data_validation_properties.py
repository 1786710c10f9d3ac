import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from my_project.validation.clock import log_ratios
from my_project.validation.config import Limits
from my_project.validation.statistics import (
    compare,
    psi,
    ranking,
)

counts = arrays(np.float64, 12, elements=st.integers(0, 5000).map(float))
some = counts.filter(lambda rows: rows.sum() > 0)
numbers = st.floats(-1e6, 1e6)


@given(some, some)
def test_psi_is_a_distance(first: np.ndarray, second: np.ndarray) -> None:
    assert psi(first, second) >= 0
    assert psi(first, first) == 0


@given(some, some, st.permutations(range(12)))
def test_psi_does_not_depend_on_the_order_of_bins(
    first: np.ndarray, second: np.ndarray, order: list[int]
) -> None:
    assert np.isclose(psi(first, second), psi(first[order], second[order]))


@given(arrays(np.float64, 28, elements=numbers), numbers, numbers, st.integers(0, 6))
def test_moving_all_days_moves_the_usual_value_only(
    days: np.ndarray, value: float, shift: float, weekday: int
) -> None:
    weekdays = np.arange(28) % 7
    before = compare(value, days, weekdays, weekday, floor=1, probability=0.01)
    after = compare(value + shift, days + shift, weekdays, weekday, floor=1, probability=0.01)
    assert np.isclose(before.usual + shift, after.usual, atol=1e-6)
    assert np.isclose(before.change, after.change, atol=1e-6)
    assert np.isclose(before.reach, after.reach, rtol=1e-6, atol=1e-6)
    assert before.reach > 0


@given(arrays(np.float64, 24, elements=st.integers(1, 500).map(float)), st.integers(1, 23))
def test_a_turned_day_gains_by_being_turned_back(day: np.ndarray, hours: int) -> None:
    gains = log_ratios(day) @ np.roll(day, hours)
    assert gains[hours - 1] >= -1e-9
    assert np.isclose(gains.max(), gains[hours - 1]) or gains.max() > gains[hours - 1]


@given(st.lists(st.integers(0, 1), min_size=2, max_size=40), st.integers(0, 99))
def test_ranking_is_reversed_by_the_sign(labels: list[int], seed: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 9, len(labels)).astype(float)
    if 0 < sum(labels) < len(labels):
        assert np.isclose(ranking(labels, scores) + ranking(labels, -scores), 1)


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 10), st.floats(0, 10))
def test_more_is_never_judged_milder(warn: float, aside: float, one: float, two: float) -> None:
    limits = Limits(warn=min(warn, aside), quarantine=max(warn, aside))
    order = ("pass", "warn", "quarantine", "block")
    low, high = sorted((one, two))
    assert order.index(limits.severity(low)) <= order.index(limits.severity(high))
