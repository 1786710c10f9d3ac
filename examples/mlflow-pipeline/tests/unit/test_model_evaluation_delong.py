"""DeLong's test: against the definition, against resampling, and where nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from payments_loop.evaluation import EvaluationError, Sample, delong
from payments_loop.evaluation.metrics import auc, bootstrap, difference

SCORES = st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9])


def _by_definition(
    y: NDArray[np.bool_],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> tuple[float, float]:
    """Difference and its variance, from the kernel of every pair of a positive and a negative."""

    def kernel(score: NDArray[np.float64]) -> NDArray[np.float64]:
        gap = np.subtract.outer(score[y], score[~y])
        above: NDArray[np.float64] = np.heaviside(gap, 0.5)
        return above

    gain = kernel(first) - kernel(second)
    variance = gain.mean(1).var(ddof=1) / y.sum() + gain.mean(0).var(ddof=1) / (~y).sum()
    return float(gain.mean()), float(variance)


@given(st.lists(st.tuples(st.booleans(), SCORES, SCORES), min_size=4, max_size=40))
def test_equals_the_definition(drawn: list[tuple[bool, float, float]]) -> None:
    y = np.array([row[0] for row in drawn])
    y[:4] = True, True, False, False
    first, second = (np.array([row[i] for row in drawn]) for i in (1, 2))
    found = delong(y, first, second)
    value, variance = _by_definition(y, first, second)
    assert found.value == pytest.approx(value, abs=1e-12)
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(np.sqrt(variance), abs=1e-7)
    areas = [auc(Sample(y, score))(np.ones(len(y))) for score in (first, second)]
    assert found.value == pytest.approx(areas[0] - areas[1], abs=1e-12)


def test_interval_agrees_with_resampling() -> None:
    rng = np.random.default_rng(5)
    p = rng.beta(1, 5, 3000)
    y = rng.random(3000) < p
    noisy = p + rng.normal(0, 0.08, 3000)
    found = delong(y, p, noisy)
    gain = difference(auc(Sample(y, p)), auc(Sample(y, noisy)))
    resampled = bootstrap({"gain": gain}, len(y), seed=1)["gain"]
    assert found.p_value < 0.001
    assert found.low == pytest.approx(resampled.low, rel=0.15)
    assert found.high == pytest.approx(resampled.high, rel=0.15)


def test_exchanged_models_have_the_complementary_p_value() -> None:
    rng = np.random.default_rng(6)
    y = rng.random(500) < 0.3
    first, second = rng.normal(y, 1), rng.normal(y, 1)
    one, other = delong(y, first, second), delong(y, second, first)
    assert one.value == -other.value
    assert one.p_value + other.p_value == pytest.approx(1)


def test_false_alarms_are_as_rare_as_the_level_says() -> None:
    rejected = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = rng.random(400) < 0.2
        signal = rng.normal(y, 1)
        found = delong(y, signal + rng.normal(0, 1, 400), signal + rng.normal(0, 1, 400))
        rejected += found.p_value < 0.05
    assert 4 <= rejected <= 28


def test_same_ranking_is_no_evidence() -> None:
    y = np.array([True, False, True, False])
    score = np.array([0.1, 0.4, 0.9, 0.2])
    assert delong(y, score, 10 * score) == (0, 0, 0, 0.5)


def test_one_positive_is_too_few() -> None:
    y = np.array([True, False, False])
    with pytest.raises(EvaluationError, match="1 positives and 2 negatives"):
        delong(y, np.zeros(3), np.zeros(3))
