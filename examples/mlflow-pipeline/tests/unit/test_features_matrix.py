"""The one cast to float32, against the encoder of the bundle."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_loop.bundle import Encoder, Feature
from payments_loop.features import FeatureError, matrix

FEATURES = (
    Feature(name="amount", kind="numeric", minimum=0, maximum=1e6, nullable=False),
    Feature(name="ratio", kind="numeric"),
    Feature(name="channel", kind="categorical", categories=("app", "web")),
)
SCHEMA = {"amount": pl.Float64(), "ratio": pl.Float64(), "channel": pl.String()}

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "amount": st.floats(0, 1e6),
            "ratio": st.none() | st.floats(-1e38, 1e38),
            "channel": st.sampled_from([None, "app", "web"]),
        }
    ),
    max_size=20,
)


@given(ROWS)
def test_a_frame_is_encoded_as_single_rows_are(rows: list[dict[str, object]]) -> None:
    encoded = matrix(pl.DataFrame(rows, schema=SCHEMA), FEATURES)
    expected = Encoder(FEATURES).encode(rows)
    assert encoded.dtype == np.float32
    assert encoded.tobytes() == expected.tobytes()


def test_columns_may_come_in_any_order_and_number_type() -> None:
    frame = pl.DataFrame({"channel": ["web"], "extra": [1], "ratio": [True], "amount": [3]})
    assert matrix(frame, FEATURES).tolist() == [[3.0, 1.0, 1.0]]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("amount", -1.0, "amount: 1 of 2 values are not a number from 0 to 1e"),
        ("amount", None, "amount: 1 of 2 values are not"),
        ("amount", float("nan"), "amount: 1 of 2 values are not"),
        ("ratio", float("inf"), "ratio: 1 of 2 values are not a finite number"),
        ("ratio", 1e39, "ratio: 1 of 2 values are not a finite number"),
        ("channel", "fax", "channel: 1 of 2 values are not one of app, web or null"),
    ],
)
def test_what_the_model_does_not_know_is_refused(
    column: str,
    value: object,
    words: str,
) -> None:
    right = {"amount": 1.0, "ratio": 1.0, "channel": "app"}
    frame = pl.DataFrame([right, right | {column: value}], schema=SCHEMA)
    with pytest.raises(FeatureError, match=words):
        matrix(frame, FEATURES)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FeatureError, match="no column 'ratio'; there are amount"):
        matrix(pl.DataFrame({"amount": [1.0]}), FEATURES)


def test_nan_from_sql_is_missing() -> None:
    frame = pl.DataFrame({"amount": [1.0], "ratio": [float("nan")], "channel": [None]})
    assert np.isnan(matrix(frame, FEATURES)[0, 1:]).all()
