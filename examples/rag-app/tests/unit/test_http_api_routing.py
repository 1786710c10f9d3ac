"""Weighted, sticky assignment."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs_qa.api.routing import challenged, position

KEYS = [f"customer-{number}" for number in range(20_000)]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_share_is_within_binomial_bounds(share: float) -> None:
    count = sum(challenged(key, "v2", share) for key in KEYS)
    deviation = sqrt(len(KEYS) * share * (1 - share))
    assert abs(count - len(KEYS) * share) < 4.5 * deviation  # wrong once in 150,000 salts


@given(st.text(), st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_key_stays_where_it_is_when_the_share_grows(
    key: str, salt: str, one: float, two: float
) -> None:
    low, high = sorted((one, two))
    assert 0 <= position(key, salt) < 1
    assert challenged(key, salt, low) <= challenged(key, salt, high)
    assert not challenged(key, salt, 0)
    assert challenged(key, salt, 1)


def test_experiments_do_not_expose_the_same_callers() -> None:
    first = {key for key in KEYS if challenged(key, "v2", 0.1)}
    both = sum(challenged(key, "v3", 0.1) for key in first)
    assert 0.05 < both / len(first) < 0.15
