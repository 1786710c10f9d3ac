from __future__ import annotations

import pytest

from text2json.load.generate import Plan, due_times


def test_requests_are_due_at_equal_distances() -> None:
    assert list(due_times(4, 1.0, 100)) == [0, 250_000_000, 500_000_000, 750_000_000]


def test_due_times_do_not_drift_for_a_period_that_is_no_whole_number() -> None:
    times = list(due_times(3000, 10.0, 1_000_000))
    assert len(times) == 30_000
    assert times[-1] == round(29_999 * 1e9 / 3000)


@pytest.mark.parametrize(("rate", "limit", "count"), [(1000, 10, 10), (0.001, 10, 1)])
def test_number_of_requests_is_bounded(rate: float, limit: int, count: int) -> None:
    assert len(list(due_times(rate, 5.0, limit))) == count


@pytest.mark.parametrize(
    "wrong",
    [
        {"connections": 0},
        {"connections": 100_000},
        {"duration": 0},
        {"timeout": -1},
        {"max_requests": 0},
        {"rate": 0},
        {"warm_up": -1},
    ],
)
def test_plan_refuses_values_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Plan(**wrong)  # type: ignore[arg-type]
