"""Settings that are refused, and groups in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from payments_loop.evaluation import Interval
from payments_loop.evaluation.slices import Slice
from payments_loop.experiment import ExperimentError, fairness, load

CONFIG = Path(__file__).parents[2] / "config" / "training.toml"


def _slice(name: str, false_alarms: Interval, predicted: float = 0.1) -> Slice:
    sure = Interval(0.1, 0.09, 0.11)
    return Slice(name, 1000, 100, None, predicted, sure, sure, sure, false_alarms)


def test_shipped_settings_are_valid() -> None:
    assert load(CONFIG).model.num_leaves == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = -1", "seed"),
        ("[model]\nleaves = 3", "model.leaves"),
        ("[data]\ncalibration = 1.5", "data.calibration"),
        ("seed =", "training.toml"),
    ],
)
def test_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "training.toml"
    path.write_text(text)
    with pytest.raises(ExperimentError, match=message):
        load(path)


def test_clear_differences_between_groups_are_said() -> None:
    parts = [
        _slice("channel = app", Interval(0.02, 0.01, 0.03)),
        _slice("channel = web", Interval(0.08, 0.06, 0.10), predicted=0.2),
    ]
    alarms, calibration = fairness.notes(parts, "review")
    assert "4.0 times as frequent for channel = web" in alarms
    assert calibration.startswith("For channel = web the model predicts 20.00%")


def test_differences_within_the_noise_are_not() -> None:
    parts = [
        _slice("channel = app", Interval(0.02, 0.01, 0.07)),
        _slice("channel = web", Interval(0.08, 0.06, 0.10)),
    ]
    (note,) = fairness.notes(parts, "review")
    assert note.startswith("No group gets 'review'")
