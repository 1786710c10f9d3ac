"""A short play of a small world; what arrives later changes nothing about a night."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from payments_loop.pipeline.simulation import play as playing
from payments_loop.pipeline.workspace import RUNS

PROJECT = Path(__file__).parents[2]
# What a clock measured, and MLflow's random names
MEASURED = {"started", "seconds", "run_id"}


def nights(folder: Path) -> dict[str, Any]:
    """What each step of each night said, by the path of its record."""

    def plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if key not in MEASURED}

    return {
        str(path.relative_to(folder)): json.loads(path.read_bytes(), object_pairs_hook=plain)
        for path in sorted((folder / RUNS).rglob("*.json"))
    }


def test_nights_do_not_see_what_arrives_after_them(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "QUIET_DAYS", 30)
    monkeypatch.setattr(playing, "_open", lambda _: shutil.copy(empty_store, "mlflow.db"))

    def played(name: str) -> dict[str, Any]:
        result = playing.play(
            tmp_path / name, seed=7, per_day=200, weeks=1, project=PROJECT, say=lambda _: None
        )
        assert result.failures == ()
        return nights(tmp_path / name)

    ahead = played("ahead")
    # Nothing is done for these, so each night takes what has arrived by then, and no more.
    for name in ("prepare_night", "take"):
        monkeypatch.setattr(playing, name, bool)
    assert played("in-turn") == ahead
    built = [ahead[name]["result"]["rows"] for name in ahead if name.endswith("/features.json")]
    assert len(built) == 8
    assert all(built)
