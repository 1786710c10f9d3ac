"""Promotions that are killed, or meet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from plugins import _registry_kills as script
from plugins.model_registry import MakeVersion

from payments_loop.registry import ModelRegistry

BEFORE = {"champion": "v2", "previous": "v1", "challenger": "v3"}
# Another change has begun, and `previous` names the champion already: readers leave it out.
BEGUN = {"champion": "v2", "challenger": "v3"}
PROMOTED = {"champion": "v3", "previous": "v2"}
ROLLED_BACK = {"champion": "v1", "previous": "v2", "challenger": "v3"}
ROLLED_BACK_BEGUN = {"champion": "v1", "challenger": "v3"}


@pytest.fixture
def contest(registry: ModelRegistry, make_version: MakeVersion, tmp_path: Path) -> Path:
    """A store with v1 (previous), v2 (champion) and v3 (challenger)."""
    for version in ("v1", "v2"):
        registry.promote(make_version(version), reason="before")
    registry.challenge(make_version("v3"), reason="before")
    assert registry.aliases() == BEFORE
    return tmp_path


def run(folder: Path, what: str) -> list[dict[str, Any]]:
    """What the script saw, one line each."""
    command = [sys.executable, "-W", "ignore", str(script.__file__), str(folder), what]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("what", "allowed", "after"),
    [
        ("promote", (BEFORE, BEGUN, PROMOTED), PROMOTED),
        ("rollback", (BEFORE, ROLLED_BACK_BEGUN, ROLLED_BACK), ROLLED_BACK),
    ],
)
def test_change_killed_at_any_point_leaves_nothing_half_done(
    contest: Path,
    what: str,
    allowed: tuple[dict[str, str], ...],
    after: dict[str, str],
) -> None:
    seen = run(contest, what)
    assert len([one for one in seen if one["killed"]]) >= 5
    assert not seen[-1]["killed"]
    for one in seen:
        assert one["left"]["aliases"] in allowed, one
        assert one["left"]["models"] in (BEFORE, after), one
        assert one["again"]["aliases"] == after, one
        assert one["again"]["models"] == after, one
        ours = [outcome for action, _, outcome in one["again"]["records"] if action == what]
        # Two promotions and the challenge came before.
        expected = 3 if what == "promote" else 1
        assert ours.count("done") == expected, one
        assert "open" not in ours, one
    states = [one["left"]["aliases"] for one in seen]
    assert BEFORE in states
    assert after in states


def test_of_two_promotions_at_once_one_is_told_to_judge_again(contest: Path) -> None:
    (seen,) = run(contest, "race")
    assert sorted(seen["outcomes"].values()) == [0, 3]
    winner, loser = sorted(seen["outcomes"], key=lambda version: seen["outcomes"][version])
    assert seen["aliases"]["champion"] == winner
    assert seen["aliases"]["previous"] == "v2"
    assert seen["models"] == seen["aliases"]
    assert "judge again" in contest.with_name(f"{loser}.txt").read_text()
