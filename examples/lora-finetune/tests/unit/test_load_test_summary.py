from __future__ import annotations

import math

import numpy as np
import pytest

from text2json.load.summary import (
    Result,
    median_interval,
    percentile,
)


def result(latencies_ms: list[float], outcomes: dict[str, int], **changes: float) -> Result:
    values = {"elapsed": 2.0, "server_cpu": 0.0, "generator_cpu": 0.5, **changes}
    nanoseconds = np.sort(np.array(latencies_ms) * 1e6).astype(np.int64)
    return Result(nanoseconds, np.array([], dtype=np.int64), outcomes, **values)


def test_percentiles_of_one_to_a_thousand_are_the_known_ones() -> None:
    values = np.arange(1, 1001, dtype=np.int64)
    found = {q: percentile(values, q) for q in (50.0, 90.0, 99.0, 99.9, 100.0)}
    assert found == {50.0: 500, 90.0: 900, 99.0: 990, 99.9: 999, 100.0: 1000}


def test_percentile_of_nothing_is_not_a_number() -> None:
    assert math.isnan(percentile(np.array([], dtype=np.int64), 99))


def test_result_derives_rates_from_counts() -> None:
    run = result([1, 2, 3, 4], {"200": 4, "503": 4, "timeout": 2}, server_cpu=0.004)
    assert run.requests == 10
    assert run.failed_share == pytest.approx(0.6)
    assert run.throughput == 2
    assert run.cpu_per_request == pytest.approx(500)  # a timeout is no response
    assert run.generator_share == 0.25
    assert run.percentile(50) == 2
    assert run.lateness_percentile(99) == 0


def test_cpu_per_request_is_unknown_without_a_reading() -> None:
    assert math.isnan(result([1], {"200": 1}).cpu_per_request)


def test_run_without_requests_counts_as_failed() -> None:
    assert result([], {}).failed_share == 1


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (1, None, None),
        (5, None, None),
        (6, 1, 6),  # 1 - 2 / 2**6 = 96.9 %
        (8, 1, 8),
        (9, 2, 8),  # 1 - 2 * (1 + 9) / 2**9 = 96.1 %
        (20, 6, 15),  # the tabulated ranks for 95 %
    ],
)
def test_median_interval_has_the_tabulated_ranks(
    count: int, low: float | None, high: float | None
) -> None:
    interval = median_interval([float(value) for value in range(count, 0, -1)])
    assert (interval.low, interval.high) == (low, high)


def test_median_interval_needs_values() -> None:
    with pytest.raises(ValueError, match="no repetitions"):
        median_interval([])


def test_median_interval_covers_the_median_as_often_as_promised() -> None:
    random = np.random.default_rng(0)
    trials = 2000
    hits = 0
    for _ in range(trials):
        interval = median_interval(random.lognormal(size=7).tolist())
        assert interval.low is not None
        assert interval.high is not None
        hits += interval.low <= 1.0 <= interval.high  # the median of that distribution
    assert hits / trials == pytest.approx(1 - 2 / 2**7, abs=0.01)
