"""Laws of the distances and of the window, on generated inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from payments_loop.bundle.reference import distribution
from payments_loop.drift import Detector, Window
from payments_loop.drift.statistics import (
    kolmogorov_smirnov,
    psi,
    psi_noise,
    wasserstein,
)

Floats = NDArray[np.float64]

# A deadline per example would make the tests fail on a busy machine.
law = settings(deadline=None, max_examples=60)

VALUES = arrays.arrays(
    np.float64,
    st.integers(1, 60),
    elements=st.one_of(st.just(np.nan), st.floats(-1e6, 1e6), st.integers(-3, 3).map(float)),
)
COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=12).filter(any)


def compare(window: Floats, reference: Floats) -> tuple[float, float | None, float | None]:
    """PSI, KS and W1 of one variable."""
    described = distribution("x", reference)
    detector = Detector([described, described], [False, False])
    measured = detector.measure(np.column_stack([window, window])).prediction
    return measured.psi, measured.ks, measured.wasserstein


@law
@given(window=VALUES, reference=VALUES)
def test_distances_are_in_range(window: Floats, reference: Floats) -> None:
    index, ks, earth_mover = compare(window, reference)
    assert 0 <= index < np.inf
    assert ks is not None
    assert 0 <= ks <= 1
    assert earth_mover is not None
    assert np.isnan(earth_mover) or earth_mover >= 0


@law
@given(values=VALUES)
def test_the_reference_itself_does_not_drift(values: Floats) -> None:
    index, ks, _ = compare(values, values)
    assert index == pytest.approx(0, abs=1e-12)
    # The reference is known by 1001 quantiles; with few rows a step of its distribution function
    # is missed by at most one row.
    assert ks is not None
    assert ks <= 1 / len(values) + 0.002


@law
@given(window=VALUES, reference=VALUES, seed=st.integers(0, 99))
def test_order_of_rows_does_not_matter(window: Floats, reference: Floats, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(window)
    assert compare(window, reference) == pytest.approx(compare(shuffled, reference), nan_ok=True)


@law
@given(counts=COUNTS, rows=st.integers(1, 10_000))
def test_psi_is_zero_only_for_equal_shares(counts: list[int], rows: int) -> None:
    observed = np.array(counts)
    shares = observed / observed.sum()
    assert psi(observed, shares, rows) == pytest.approx(0, abs=1e-12)
    moved = observed.copy()
    moved[observed.argmax()] += 10 * observed.sum()
    if np.count_nonzero(observed) > 1:
        assert psi(moved, shares, 10_000) > 0


@law
@given(seed=st.integers(0, 50), shift=st.floats(0.1, 2), further=st.floats(0.1, 2))
def test_distances_grow_with_the_shift(seed: int, shift: float, further: float) -> None:
    reference = np.random.default_rng(seed).normal(size=2000)
    near = compare(reference + shift, reference)
    far = compare(reference + shift + further, reference)
    for smaller, larger in zip(near, far, strict=True):
        assert smaller is not None
        assert larger is not None
        assert smaller <= larger
    assert near[2] == pytest.approx(shift, rel=1e-6)


@law
@given(reference=VALUES, rows=st.integers(1, 50))
def test_a_window_of_missing_values_only(reference: Floats, rows: int) -> None:
    missing = np.full(rows, np.nan)
    index, ks, earth_mover = compare(missing, reference)
    share = np.isnan(reference).mean()
    assert index >= 0
    assert ks == pytest.approx(1 - share)
    assert earth_mover is not None
    assert np.isnan(earth_mover)


@law
@given(value=st.floats(-1e6, 1e6), other=st.floats(-1e6, 1e6), rows=st.integers(1, 50))
def test_a_constant_feature(value: float, other: float, rows: int) -> None:
    reference = np.full(100, value)
    assert compare(np.full(rows, value), reference) == pytest.approx((0, 0, 0))
    _, ks, earth_mover = compare(np.full(rows, other), reference)
    assert ks == (0 if other == value else 1)
    assert earth_mover == pytest.approx(abs(other - value))


@law
@given(bins=st.integers(1, 40), rows=st.integers(1, 10**6), more=st.integers(1, 10**6))
def test_noise_shrinks_with_rows(bins: int, rows: int, more: int) -> None:
    assert psi_noise(bins, rows + more, 1000) <= psi_noise(bins, rows, 1000)
    assert psi_noise(bins, rows, 1000) < psi_noise(bins + 1, rows, 1000)


@law
@given(left=VALUES, right=VALUES)
def test_two_sided_distances_agree_with_their_definitions(left: Floats, right: Floats) -> None:
    """Against the textbook definitions, evaluated slowly, on samples without missing values."""
    left, right = np.nan_to_num(left), np.sort(np.nan_to_num(right))
    points = np.concatenate([left, right])
    slow = max(abs(np.mean(left <= x) - np.mean(right <= x)) for x in points)
    assert kolmogorov_smirnov(left, right) == pytest.approx(slow)
    if len(right) > 1:
        grid = np.linspace(0, 1, len(right))
        gaps = np.abs(np.quantile(left, grid) - right)
        area = np.sum((gaps[1:] + gaps[:-1]) / 2) / (len(right) - 1)
        assert wasserstein(left, right) == pytest.approx(area)


@law
@given(
    capacity=st.integers(1, 20),
    batches=st.lists(st.integers(0, 30), max_size=20),
)
def test_window_keeps_exactly_the_last_rows(capacity: int, batches: list[int]) -> None:
    window = Window(capacity, 2, max_age=60, clock=lambda: 0.0)
    seen = 0
    for size in batches:
        rows = np.arange(seen, seen + size, dtype=np.float32)
        window.append(rows[:, None], -rows)
        seen += size
    kept = window.snapshot()
    expected = np.arange(max(0, seen - capacity), seen)
    assert sorted(kept[:, 0]) == expected.tolist()
    assert (kept[:, 1] == -kept[:, 0]).all()
