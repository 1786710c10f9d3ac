"""The detector and the monitor on a real, tiny bundle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from payments_loop.bundle import Bundle
from payments_loop.drift import Detector, Report
from payments_loop.drift.monitor import Monitor
from payments_loop.drift.synthetic import draw, numeric_features


def measured(bundle: Bundle, features: np.ndarray) -> Report:
    window = np.column_stack([features, bundle.predict(features)])
    return Detector.of(bundle).measure(window)


def test_unshifted_rows_do_not_drift(tiny_bundle: Bundle) -> None:
    report = measured(tiny_bundle, draw(tiny_bundle, 2000, np.random.default_rng(0)))
    assert report.rows == 2000
    assert [distance.name for distance in report.features] == ["amount", "age_days", "channel"]
    assert report.prediction.name == "probability"
    assert not any(d.drifted() for d in (*report.features, report.prediction))
    categorical = report.features[2]
    assert categorical.ks is None
    assert categorical.wasserstein is None
    # A tenth of the ages is missing, in the reference as well.
    assert report.features[1].missing == pytest.approx(0.1, abs=0.03)


def test_only_the_shifted_feature_drifts(tiny_bundle: Bundle) -> None:
    features = draw(tiny_bundle, 2000, np.random.default_rng(0), {1: 1.0})
    drifted = [d.name for d in measured(tiny_bundle, features).features if d.drifted()]
    assert drifted == ["age_days"]


def test_categories_drift_by_their_shares(tiny_bundle: Bundle) -> None:
    features = draw(tiny_bundle, 2000, np.random.default_rng(0))
    features[:, 2] = 2
    assert measured(tiny_bundle, features).features[2].drifted()


def test_a_shift_of_inputs_reaches_the_prediction(tiny_bundle: Bundle) -> None:
    features = draw(tiny_bundle, 2000, np.random.default_rng(0), {0: 2.0})
    assert measured(tiny_bundle, features).prediction.drifted()


def test_few_rows_never_look_like_drift(tiny_bundle: Bundle) -> None:
    """Ten rows have a large index by chance; the noise level keeps them from counting."""
    alarms = 0
    for seed in range(100):
        report = measured(tiny_bundle, draw(tiny_bundle, 10, np.random.default_rng(seed)))
        alarms += any(distance.drifted() for distance in report.features)
    assert alarms <= 3


def test_an_empty_window_is_refused(tiny_bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="empty"):
        Detector.of(tiny_bundle).measure(np.empty((0, 4), np.float32))


def test_draw_refuses_to_shift_a_category(tiny_bundle: Bundle) -> None:
    assert numeric_features(tiny_bundle) == [0, 1]
    with pytest.raises(ValueError, match="cannot be shifted"):
        draw(tiny_bundle, 10, np.random.default_rng(0), {2: 1.0})


def test_a_shift_in_draw_is_a_shift_of_quantiles(tiny_bundle: Bundle) -> None:
    reference = np.array(tiny_bundle.reference.features[0].quantiles)
    shifted = draw(tiny_bundle, 20_000, np.random.default_rng(0), {0: 1.0})[:, 0]
    # Phi(1) = 0.8413: the median moves there, and no value leaves the range.
    assert np.mean(shifted <= reference[841]) == pytest.approx(0.5, abs=0.02)
    assert shifted.min() >= np.float32(reference[0])
    assert shifted.max() <= np.float32(reference[-1])


def monitor(minimum_rows: int = 100) -> Monitor:
    return Monitor(capacity=500, max_age=60, minimum_rows=minimum_rows)


def test_monitor_reports_once_it_has_enough_rows(tiny_bundle: Bundle) -> None:
    watching = monitor()
    assert watching.evaluate() == (0, None)
    features = draw(tiny_bundle, 60, np.random.default_rng(0))
    watching.observe(tiny_bundle, features, tiny_bundle.predict(features))
    assert watching.evaluate() == (60, None)
    watching.observe(tiny_bundle, features, tiny_bundle.predict(features))
    rows, report = watching.evaluate()
    assert rows == 120
    assert report is not None
    assert report.rows == 120


def test_monitor_starts_again_with_a_new_champion(
    make_bundle: Callable[..., Bundle], tiny_bundle: Bundle
) -> None:
    watching = monitor()
    features = draw(tiny_bundle, 200, np.random.default_rng(0))
    watching.observe(tiny_bundle, features, tiny_bundle.predict(features))
    newer = make_bundle("v2", bias=0.5)
    watching.observe(newer, features[:10], newer.predict(features[:10]))
    assert watching.evaluate() == (10, None)
