"""The gate: every condition alone keeps a version from being promoted."""

from __future__ import annotations

import pytest

from fraud_scoring.evaluation import Interval
from fraud_scoring.training.config import Gate
from fraud_scoring.training.gate import judge

GATE = Gate(max_calibration_error=0.02, max_parity_difference=1e-5)
GOOD = {
    "calibration_error": Interval(0.01, 0.005, 0.03),
    "auc_gain": Interval(0.02, 0.01, 0.03),
    "log_loss_gain": Interval(0.004, 0.002, 0.006),
}
NOT_SURE = Interval(0.01, -0.001, 0.02)


def test_all_conditions_met() -> None:
    checks = judge(GOOD, 1e-7, Interval(0.001, 0.0005, 0.002), GATE)
    assert [check.passed for check in checks] == [True] * 5


def test_first_version_has_no_champion_to_beat() -> None:
    assert len(judge(GOOD, 1e-7, None, GATE)) == 4


@pytest.mark.parametrize(
    ("changes", "parity", "champion", "failed"),
    [
        ({}, 1e-4, None, "exported model"),
        ({}, float("nan"), None, "exported model"),
        ({"calibration_error": Interval(0.03, 0.01, 0.05)}, 0.0, None, "calibrated"),
        ({"auc_gain": NOT_SURE}, 0.0, None, "ranks better"),
        ({"log_loss_gain": NOT_SURE}, 0.0, None, "fits better than logistic regression"),
        ({}, 0.0, NOT_SURE, "fits better than the champion"),
        ({}, 0.0, Interval(0, 0, 0), "fits better than the champion"),
    ],
)
def test_one_failed_condition_is_enough(
    changes: dict[str, Interval],
    parity: float,
    champion: Interval | None,
    failed: str,
) -> None:
    checks = judge(GOOD | changes, parity, champion, GATE)
    (check,) = [check for check in checks if not check.passed]
    assert failed in check.name


def test_champion_of_other_features_is_left_to_a_person() -> None:
    checks = judge(GOOD, 0.0, None, GATE, comparable=False)
    assert not checks[-1].passed
    assert "other features" in checks[-1].detail
