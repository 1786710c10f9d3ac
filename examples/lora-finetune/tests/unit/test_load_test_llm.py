"""The requests of a load test are chat requests, drawn by a seed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from text2json.load.sources import llm
from text2json.load.traffic import TrafficError


def test_without_a_canary_set_the_example_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [body] = llm.bodies(1, seed=0)
    assert json.loads(body)["messages"][0]["role"] == "user"
    assert json.loads(body)["stream"]


def test_questions_come_from_the_canary_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"messages": [{"role": "user", "content": str(n)}, {"role": "assistant", "content": "x"}]}
        for n in range(20)
    ]
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "canary.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    asked = llm.bodies(40, seed=1)
    assert asked == llm.bodies(40, seed=1)
    assert len(set(asked)) > 10
    (tmp_path / "models" / "canary.jsonl").write_text("nonsense")
    with pytest.raises(TrafficError):
        llm.bodies(1, seed=0)
