"""The generator keeps the promises that the results rest on."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fraud_scoring import data
from fraud_scoring.bundle import Encoder
from fraud_scoring.data.generator import DAY, Payments, Stream, generate
from fraud_scoring.data.samples import to_rows

ROWS = 20_000


@pytest.fixture(scope="module")
def payments() -> Payments:
    return generate(Stream(rows=ROWS))


def test_same_stream_same_payments(payments: Payments) -> None:
    again = generate(Stream(rows=ROWS))
    for name, values in payments.features.items():
        np.testing.assert_array_equal(values, again.features[name])
    np.testing.assert_array_equal(payments.fraud, again.fraud)


def test_other_seed_other_payments(payments: Payments) -> None:
    other = generate(Stream(rows=ROWS, seed=8))
    assert (other.features["amount"] != payments.features["amount"]).mean() > 0.9


def test_every_payment_fits_the_schema(payments: Payments) -> None:
    matrix = Encoder(data.PAYMENT_FEATURES).encode(to_rows(payments.features))
    nullable = [feature.nullable for feature in data.PAYMENT_FEATURES]
    np.testing.assert_array_equal(np.isnan(matrix).any(axis=0), nullable)


def test_payments_are_in_order_and_within_the_period(payments: Payments) -> None:
    assert len(payments) == ROWS
    assert (np.diff(payments.time) >= 0).all()
    assert payments.time[0] >= 0
    assert payments.time[-1] < 26 * 7 * DAY


def test_nobody_pays_before_the_account_is_opened(payments: Payments) -> None:
    assert (payments.features["account_age_days"].astype(float) >= 0).all()


def test_labels_are_drawn_from_the_stored_probability(payments: Payments) -> None:
    p = payments.probability
    for low, high in ((0, 0.01), (0.01, 0.05), (0.05, 0.2), (0.2, 1)):
        rows = (p >= low) & (p < high)
        error = np.sqrt((p[rows] * (1 - p[rows])).sum())
        assert abs(payments.fraud[rows].sum() - p[rows].sum()) < 4 * error


def test_no_other_score_beats_the_true_probability(payments: Payments) -> None:
    loss = -np.log(np.where(payments.fraud, payments.probability, 1 - payments.probability)).mean()
    constant = payments.fraud.mean()
    naive = -np.log(np.where(payments.fraud, constant, 1 - constant)).mean()
    assert loss < 0.95 * naive


def test_merchants_record_starts_unknown_and_lags_the_frauds(payments: Payments) -> None:
    chargebacks = payments.features["merchant_chargebacks"]
    first_day = payments.time < DAY
    assert np.isnan(chargebacks[first_day]).all()
    assert np.nanmax(chargebacks.astype(float)) > 0


def test_missing_values_mean_what_the_schema_says(payments: Payments) -> None:
    at_terminal = payments.features["channel"] == "terminal"
    assert np.isnan(payments.features["device_age_days"][at_terminal]).all()
    first = np.isnan(payments.features["minutes_since_payment"])
    assert np.isnan(payments.features["amount_ratio"][first]).all()
    assert (payments.features["payments_24h"][first] == 0).all()


def test_drift_changes_nothing_before_its_week(payments: Payments) -> None:
    drifted = generate(Stream(rows=ROWS, covariate_drift_week=20))
    before = payments.time < 20 * 7 * DAY
    np.testing.assert_array_equal(drifted.time, payments.time)
    for name in ("amount", "channel", "merchant_category"):
        same = drifted.features[name] == payments.features[name]
        assert same[before].all()
        assert not same[~before].all()


def test_concept_drift_changes_the_risk_and_not_the_payments(payments: Payments) -> None:
    drifted = generate(Stream(rows=ROWS, concept_drift_week=20))
    after = payments.time >= 20 * 7 * DAY
    np.testing.assert_array_equal(drifted.features["amount"], payments.features["amount"])
    correlation = np.corrcoef(drifted.probability[after], payments.probability[after])[0, 1]
    assert correlation < 0.8


def test_nothing_to_generate_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        generate(Stream(rows=0))


def test_samples_are_rows_of_the_schema() -> None:
    rows = data.sample(50, seed=1)
    assert len(rows) == 50
    assert [list(row) for row in rows] == [[f.name for f in data.PAYMENT_FEATURES]] * 50
    assert rows == data.sample(50, seed=1)
    assert rows != data.sample(50, seed=2)
    Encoder(data.PAYMENT_FEATURES).encode(rows)


def test_more_samples_than_one_stream_holds() -> None:
    rows = data.sample(25_000)
    assert len(rows) == 25_000
    assert rows[:100] == data.sample(100)


def test_shifted_samples_are_larger_and_more_often_online() -> None:
    normal, shifted = data.sample(3000), data.sample(3000, shifted=True)

    def amounts(rows: list[dict[str, str | float | None]]) -> float:
        return float(np.median([row["amount"] for row in rows]))

    def online(rows: list[dict[str, str | float | None]]) -> float:
        return float(np.mean([row["channel"] != "terminal" for row in rows]))

    assert amounts(shifted) > 1.2 * amounts(normal)
    assert online(shifted) > online(normal) + 0.1


def test_sampling_needs_no_training_library() -> None:
    code = (
        "import sys; import fraud_scoring.data as generator; generator.sample(1); "
        "print(sorted({'polars', 'sklearn', 'mlflow', 'pandas', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
