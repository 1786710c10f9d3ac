"""Values worked out by hand or known in closed form, and the behaviour under the null."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from payments_loop.bundle.reference import distribution
from payments_loop.drift.statistics import (
    kolmogorov_smirnov,
    psi,
    psi_noise,
    wasserstein,
)


def test_psi_by_hand() -> None:
    expected = 0.25 * log(0.75 / 0.5) - 0.25 * log(0.25 / 0.5)
    assert psi(np.array([750, 250]), np.array([0.5, 0.5]), 1000) == pytest.approx(expected)


def test_psi_of_a_shifted_normal_is_near_the_squared_shift() -> None:
    rng = np.random.default_rng(1)
    reference = distribution("x", rng.normal(size=50_000))
    counts = reference.counts(rng.normal(0.5, 1, size=50_000))
    index = psi(counts, np.array(reference.shares), reference.rows)
    # Ten bins lose a little of the divergence between the densities, 0.25; sampling adds a little.
    assert 0.2 < index < 0.26


def test_values_that_begin_to_be_missing_are_drift() -> None:
    rng = np.random.default_rng(2)
    reference = distribution("x", rng.normal(size=5000))
    values = rng.normal(size=5000)
    values[:500] = np.nan
    assert psi(reference.counts(values), np.array(reference.shares), reference.rows) > 0.2


def test_an_empty_bin_costs_about_what_half_a_row_would() -> None:
    shares = np.array([0.5, 0.5, 0.0])
    assert psi(np.array([500, 500, 0]), shares, 1000) == 0
    assert psi(np.array([500, 499, 1]), shares, 1000) < 0.001
    assert 0 < psi(np.array([500, 500, 0]), np.array([0.5, 0.4, 0.1]), 1000) < 1


def test_psi_refuses_what_it_cannot_compare() -> None:
    with pytest.raises(ValueError, match="empty"):
        psi(np.array([0, 0]), np.array([0.5, 0.5]), 10)
    with pytest.raises(ValueError, match="shares"):
        psi(np.array([1, 2, 3]), np.array([0.5, 0.5]), 10)
    with pytest.raises(ValueError, match="empty"):
        kolmogorov_smirnov(np.array([]), np.array([0.0, 1.0]))


def test_ks_and_wasserstein_of_a_shifted_uniform() -> None:
    quantiles = np.linspace(0, 1, 1001)
    values = np.linspace(0.25, 1.25, 5001)
    assert kolmogorov_smirnov(values, quantiles) == pytest.approx(0.25, abs=0.002)
    assert wasserstein(values, quantiles) == pytest.approx(0.25, abs=1e-6)


def test_ks_sees_missing_values() -> None:
    quantiles = np.linspace(0, 1, 1001)
    values = np.concatenate([np.linspace(0, 1, 700), np.full(300, np.nan)])
    assert kolmogorov_smirnov(values, quantiles, missing=0.3) < 0.005
    assert kolmogorov_smirnov(values, quantiles, missing=0.0) == pytest.approx(0.3, abs=0.005)


def test_noise_is_the_quantile_of_psi_without_drift() -> None:
    """2000 windows without drift: mean and 99th percentile agree with the theory."""
    rng = np.random.default_rng(3)
    bins, rows, reference_rows = 10, 1000, 4000
    indices = []
    for _ in range(2000):
        counts = rng.multinomial(rows, np.full(bins, 0.1))
        shares = rng.multinomial(reference_rows, np.full(bins, 0.1)) / reference_rows
        indices.append(psi(counts, shares, reference_rows))
    mean = (bins - 1) * (1 / rows + 1 / reference_rows)
    assert np.mean(indices) == pytest.approx(mean, rel=0.05)
    above = np.mean(np.array(indices) > psi_noise(bins, rows, reference_rows, 0.99))
    assert 0.004 < above < 0.018
    # Chi-squared with 9 degrees of freedom, 0.999 quantile, from the tables.
    assert psi_noise(bins, 1, 10**12) == pytest.approx(27.877, rel=0.01)


def test_a_single_bin_has_no_noise() -> None:
    assert psi_noise(1, 100, 100) == 0
