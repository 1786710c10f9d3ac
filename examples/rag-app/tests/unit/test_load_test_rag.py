"""The questions of a load test are about what is indexed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from docs_qa.load import traffic
from docs_qa.load.sources import rag as source
from docs_qa.load.traffic import TrafficError


def test_questions_are_about_the_documents(
    service_settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in service_settings.items():
        monkeypatch.setenv(name, value)
    found = traffic.from_project(count=50, seed=1)
    assert found.path == source.PATH == "/v1/ask"
    asked = [json.loads(body) for body in found.bodies]
    assert len({each["question"] for each in asked}) > 20
    assert not any(each["stream"] for each in asked)
    assert any("late return" in each["question"] for each in asked)
    assert found.bodies == traffic.from_project(count=50, seed=1).bodies
    assert found.bodies != traffic.from_project(count=50, seed=2).bodies


def test_without_documents_there_is_nothing_to_ask(
    service_settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in service_settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("APP_DATA_DIR", str(tmp_path))
    with pytest.raises(TrafficError, match="make sync"):
        source.bodies(1, seed=0)
