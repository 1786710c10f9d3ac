from __future__ import annotations

import pytest

from docs_qa.rag_eval import abstention, bootstrap
from docs_qa.rag_eval.abstention import Case


def test_an_interval_holds_the_mean_and_repeats() -> None:
    values = [0.0, 1.0] * 50

    found = bootstrap.interval(values)

    assert found.mean == 0.5
    # The normal approximation: 0.5 +- 1.96 * 0.5 / sqrt(100)
    assert found.low == pytest.approx(0.402, abs=0.02)
    assert found.high == pytest.approx(0.598, abs=0.02)
    assert bootstrap.interval(values) == found


def test_more_questions_narrow_it() -> None:
    few, many = bootstrap.interval([0.0, 1.0] * 10), bootstrap.interval([0.0, 1.0] * 1000)

    assert many.high - many.low < (few.high - few.low) / 5


def test_a_constant_has_no_width() -> None:
    assert bootstrap.interval([0.1] * 7) == pytest.approx((0.1, 0.1, 0.1))


def test_pairing_removes_what_questions_have_in_common() -> None:
    old = [i / 100 for i in range(100)]
    new = [value + 0.01 for value in old]

    assert bootstrap.difference(new, old) == pytest.approx((0.01, 0.01, 0.01))
    with pytest.raises(ValueError, match="zip"):
        bootstrap.difference(new, old[1:])


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [([3.0, 4.0], [1.0, 2.0], 1.0), ([1.0], [1.0], 0.5), ([0.0, 1.0], [2.0, 3.0], 0.0)],
)
def test_auroc(positive: list[float], negative: list[float], expected: float) -> None:
    assert bootstrap.auroc(positive, negative).mean == expected


def test_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bootstrap.interval([])
    with pytest.raises(ValueError, match="both kinds"):
        bootstrap.auroc([1.0], [])


CASES = [
    Case(0.9, answerable=True, right=1.0),
    Case(0.8, answerable=True, right=1.0),
    Case(0.7, answerable=True, right=0.0),
    Case(0.3, answerable=False, right=0.0),
    Case(0.2, answerable=False, right=0.0),
]


def test_a_point_counts_both_kinds() -> None:
    point = abstention.at(CASES, 0.5, wrong=0.5)

    assert (point.answered, point.refused) == (1.0, 1.0)
    assert point.right == pytest.approx(2 / 3)
    assert point.precision == pytest.approx(2 / 3)
    assert point.worth == pytest.approx((2 - 0.5) / 5)


def test_calibration_separates_the_kinds_between_them() -> None:
    point = abstention.calibrate(CASES, wrong=0.5)

    assert point.threshold == pytest.approx(0.75)
    assert abstention.calibrate(CASES, wrong=0.0).threshold < 0.2


def test_nothing_answered_is_never_wrong() -> None:
    assert abstention.at(CASES, 1.0).precision == 1.0


def test_a_threshold_needs_something_to_separate() -> None:
    with pytest.raises(ValueError, match="unanswerable"):
        abstention.calibrate(CASES[:3])


def test_the_curve_goes_from_everything_to_almost_nothing() -> None:
    points = abstention.curve(CASES)

    assert points[0].answered == 1.0
    assert points[0].refused == 0.0
    assert [point.answered for point in points] == sorted(
        (point.answered for point in points), reverse=True
    )
