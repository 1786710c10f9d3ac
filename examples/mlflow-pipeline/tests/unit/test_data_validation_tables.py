from datetime import datetime, timedelta

import pytest

from payments_loop.lake import Lake
from payments_loop.lake.verdict import Severity
from payments_loop.problem import Problem
from payments_loop.validation import check_tables


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "pass"), (1, "pass"), (2, "warn"), (4, "warn"), (6, "block")]
)
def test_the_age_of_the_newest_row_decides(
    problem: Problem, lake: Lake, as_of: datetime, days: int, expected: Severity
) -> None:
    verdict = check_tables(problem, lake, as_of + timedelta(days=days))
    assert verdict.severity == expected
    assert all("orders" in reason for reason in verdict.reasons)


def test_an_old_table_is_still_found(problem: Problem, lake: Lake, as_of: datetime) -> None:
    verdict = check_tables(problem, lake, as_of + timedelta(days=400))
    assert verdict.severity == "block"
    assert "2026-03-01" in verdict.reasons[0]


def test_rows_that_were_not_known_do_not_count(
    problem: Problem, lake: Lake, as_of: datetime
) -> None:
    assert check_tables(problem, lake, as_of - timedelta(days=10)).severity == "pass"


def test_a_table_without_rows_blocks(problem: Problem, empty_lake: Lake, as_of: datetime) -> None:
    verdict = check_tables(problem, empty_lake, as_of)
    assert verdict.severity == "block"
    assert "no rows in the lake" in verdict.reasons[0]
