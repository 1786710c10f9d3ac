import numpy as np
import pytest

from my_project.validation.statistics import (
    compare,
    psi,
    psi_deviation,
    psi_score,
    ranking,
    root_count,
    root_share,
    student_quantile,
)

WEEK = np.arange(28) % 7


@pytest.mark.parametrize(
    ("probability", "degrees", "expected"),
    [(0.975, 10, 2.2281), (0.975, 30, 2.0423), (0.9995, 8, 5.0413), (0.9995, 20, 3.8495)],
)
def test_quantiles_of_student_agree_with_the_tables(
    probability: float, degrees: float, expected: float
) -> None:
    assert student_quantile(probability, degrees) == pytest.approx(expected, rel=0.02)


def test_psi_is_the_sum_over_bins() -> None:
    index = psi(np.array([50.0, 50.0]), np.array([100.0, 300.0]))
    expected = 0.25 * np.log(2) - 0.25 * np.log(0.5 / 0.75)
    assert float(index) == pytest.approx(expected)


def test_an_empty_bin_counts_as_less_than_a_row() -> None:
    index = psi(np.array([10.0, 0.0]), np.array([900.0, 100.0]))
    expected = (1 - 0.9) * np.log(1 / 0.9) + (0.05 - 0.1) * np.log(0.05 / 0.1)
    assert float(index) == pytest.approx(expected)


def test_the_score_of_a_psi_is_standard_without_drift() -> None:
    rng = np.random.default_rng(7)
    shares = np.full(10, 0.1)
    days = rng.multinomial(1000, shares, size=4000).astype(float)
    pooled = rng.multinomial(28_000, shares).astype(float)
    scores = psi_score(psi(days, pooled), np.array(1000.0), np.array(28_000.0), 10)
    assert scores.mean() == pytest.approx(1, abs=0.04)
    assert scores.std() == pytest.approx(psi_deviation(10), rel=0.05)


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_the_root_of_a_share_varies_evenly(share: float) -> None:
    hits = np.random.default_rng(7).binomial(1000, share, 5000).astype(float)
    assert root_share(hits, np.array(1000.0)).std() == pytest.approx(0.5 / 1000**0.5, rel=0.06)


@pytest.mark.parametrize("mean", [5, 1000])
def test_the_root_of_a_count_varies_evenly(mean: int) -> None:
    counts = np.random.default_rng(7).poisson(mean, 5000).astype(float)
    assert root_count(counts).std() == pytest.approx(1, rel=0.06)


@pytest.mark.parametrize("floor", [0.001, 1.0])
@pytest.mark.parametrize("weekday", [0, None])
def test_clean_days_leave_the_range_as_rarely_as_asked(floor: float, weekday: int | None) -> None:
    draws = np.random.default_rng(7).standard_normal((4000, 29))
    outside = [
        abs(compare(x[28], x[:28], WEEK, weekday, floor=floor, probability=0.01).distance) > 1
        for x in draws
    ]
    assert np.mean(outside) < 0.015


def test_a_weekday_is_compared_with_its_like() -> None:
    days = np.where(WEEK == 6, 100.0, 10.0) + np.random.default_rng(7).standard_normal(28)
    sunday = compare(100.0, days, WEEK, 6, floor=1.0, probability=0.001)
    monday = compare(100.0, days, WEEK, 0, floor=1.0, probability=0.001)
    assert abs(sunday.distance) < 1
    assert monday.distance > 1


def test_too_few_days_of_a_weekday_are_compared_with_all() -> None:
    days = np.arange(10.0)
    place = compare(0.0, days, WEEK[:10], 0, floor=1.0, probability=0.01)
    assert place.usual == 4.5


def test_ranking_counts_pairs() -> None:
    y, scores = [0, 1, 0, 1, 1], np.array([1.0, 1.0, 2.0, 3.0, 0.0])
    pairs = [
        (p > n) + 0.5 * (p == n)
        for p in scores[[1, 3, 4]].tolist()
        for n in scores[[0, 2]].tolist()
    ]
    assert ranking(y, scores) == pytest.approx(np.mean(pairs))
    assert ranking([1, 1], np.array([1.0, 2.0])) == 0.5
