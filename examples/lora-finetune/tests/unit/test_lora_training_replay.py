"""General examples among those of the task: as many as are configured, and where they are from."""

from __future__ import annotations

from pathlib import Path

import pytest

from text2json.finetune.replay import digest, replayed
from text2json.finetune.settings import Settings
from text2json.sft import DataError
from text2json.sft.rows import read, write


def test_they_are_the_configured_share_of_all(project: Path) -> None:
    assert project.exists()
    found = replayed(Settings(replay=0.2), 400)
    assert len(found) == 100
    assert len({row.id for row in found}) == 100
    assert replayed(Settings(replay=0), 400) == []
    assert replayed(Settings(replay=0.1), 400) == found[:44]
    assert digest(found) != digest(found[:44])
    assert digest([]) == ""


def test_they_are_those_of_a_file_where_one_is_named(project: Path) -> None:
    path = project / "data/mine.jsonl"
    write(path, replayed(Settings(), 20)[:3])
    found = replayed(Settings(replay=0.5, replay_file=path), 2)
    assert found == read(path)[:2]
    assert len(replayed(Settings(replay=0.5, replay_file=path), 100)) == 3
    with pytest.raises(DataError, match=r"none\.jsonl"):
        replayed(Settings(replay_file=Path("none.jsonl")), 100)


def test_another_base_without_a_file_gets_none(project: Path) -> None:
    (project / "config/model.toml").write_text('model = "smollm2-135m"\n')
    assert replayed(Settings(), 100) == []
