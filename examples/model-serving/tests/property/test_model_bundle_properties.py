"""What holds for every row and every distribution."""

from __future__ import annotations

import contextlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from plugins.model_bundle import FEATURES

from fraud_scoring import bundle
from fraud_scoring.bundle import reference

ENCODER = bundle.Encoder(FEATURES)

ROWS = st.lists(
    st.fixed_dictionaries(
        {"channel": st.sampled_from(["app", "terminal", "web"])},
        optional={
            "amount": st.none() | st.floats(0, 1e9, width=32),
            "age_days": st.none() | st.floats(-1e9, 1e9, width=32),
        },
    ),
    max_size=5,
)

VALUES = arrays(
    np.float32,
    st.integers(1, 200),
    elements=st.floats(-1e6, 1e6, width=32) | st.just(float("nan")) | st.sampled_from([0.0, 1.0]),
)


@given(ROWS)
def test_decoded_rows_encode_to_the_same_matrix(rows: list[dict[str, object]]) -> None:
    encoded = ENCODER.encode(rows)
    decoded = ENCODER.decode(encoded)
    assert [row["channel"] for row in decoded] == [row["channel"] for row in rows]
    np.testing.assert_array_equal(ENCODER.encode(decoded), encoded)


@given(
    st.dictionaries(
        st.sampled_from(["amount", "age_days", "channel", "other"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text("ap") | st.just([]),
    )
)
def test_any_row_is_encoded_or_refused(row: dict[str, object]) -> None:
    with contextlib.suppress(bundle.EncodingError):
        encoded = ENCODER.encode([row])
        assert encoded.shape == (1, len(FEATURES))
        assert not np.isinf(encoded).any()


@given(VALUES)
def test_shares_are_a_distribution_of_the_values(values: NDArray[np.float32]) -> None:
    described = reference.distribution("x", values)
    assert np.isclose(sum(described.shares), 1)
    assert described.shares[-1] == np.isnan(values).mean()
    np.testing.assert_allclose(described.counts(values) / len(values), described.shares)


@given(VALUES)
def test_no_bin_but_the_missing_one_is_empty(values: NDArray[np.float32]) -> None:
    described = reference.distribution("x", values)
    present = ~np.isnan(values)
    assert all(share > 0 for share in described.shares[:-1]) or not present.any()


@given(VALUES)
def test_quantiles_ascend_within_the_values(values: NDArray[np.float32]) -> None:
    quantiles = np.array(reference.distribution("x", values).quantiles)
    present = values[~np.isnan(values)]
    assert len(quantiles) == (reference.QUANTILES if len(present) else 0)
    if len(present):
        assert (np.diff(quantiles) >= 0).all()
        assert quantiles[0] == present.min()
        assert quantiles[-1] == present.max()
