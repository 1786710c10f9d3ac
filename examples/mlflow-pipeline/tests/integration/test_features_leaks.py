"""The future is planted, and nothing changes; in SQL that leaks, it does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from payments_loop.cli import main
from payments_loop.features.audit import audit
from payments_loop.lake import Lake
from payments_loop.problem import Problem

DAY = date(2026, 2, 20)


def failed(problem: Problem, lake: Lake) -> dict[str, str]:
    """Checks that fail, and why."""
    return {check.name: check.detail for check in audit(problem, lake, DAY) if not check.passed}


def rewrite(problem: Problem, *changes: tuple[str, str]) -> None:
    """Change `features.sql`."""
    path = problem.folder / "features.sql"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def test_the_problem_is_clean(problem: Problem, lake: Lake) -> None:
    assert failed(problem, lake) == {}


def test_using_what_is_known_at_the_same_moment_is_found(problem: Problem, lake: Lake) -> None:
    rewrite(problem, ("o.known_at < s.at", "o.known_at <= s.at"))
    found = failed(problem, lake)
    assert set(found) >= {"future removed", "future planted"}
    assert "customer_orders_7d" in found["future removed"]


def test_forgetting_how_long_labels_take_is_found(problem: Problem, lake: Lake) -> None:
    """The usual mistake: what happened before counts, though nobody knew it."""
    rewrite(problem, ("AND r.known_at < s.at\n", "AND r.returned_at < s.at\n"))
    found = failed(problem, lake)
    assert found == {"future planted": "differs: customer_returns_30d"}


def test_statistics_over_everything_are_found(problem: Problem, lake: Lake) -> None:
    rewrite(
        problem,
        (
            "COALESCE(r.returns_30d, 0)",
            "(SELECT AVG(amount) FROM orders) + COALESCE(r.returns_30d, 0)",
        ),
    )
    assert "customer_returns_30d" in failed(problem, lake)["future removed"]


def test_more_history_than_declared_is_found(problem: Problem, lake: Lake) -> None:
    rewrite(
        problem,
        ("AND o.known_at >= s.at - 2592000", ""),
        ("AND o.time >= s.at - 2592000", ""),
    )
    assert "customer_mean_amount_30d" in failed(problem, lake)["more history changes nothing"]


def test_the_command_shows_all_checks(shop_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop_folder)
    result = CliRunner().invoke(main, ["features", "check", "--day", "2026-02-20"])
    assert result.exit_code == 0, result.output
    assert result.output.count("passed") == 5
    result = CliRunner().invoke(main, ["features", "check", "--day", "2030-01-01"])
    assert result.exit_code == 1
    assert "no decisions on 2030-01-01" in result.output
