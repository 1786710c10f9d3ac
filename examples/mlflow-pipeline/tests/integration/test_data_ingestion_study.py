"""The measurement of the lake writes a record that the README can show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from payments_loop.lake import study


def test_all_that_is_done_daily_is_measured(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study, "DAYS", 2)
    monkeypatch.setattr(study, "ROWS", 20)
    monkeypatch.setattr(study, "REPEATS", 3)
    record = json.loads(study.write(tmp_path).read_text(encoding="utf-8"))
    names = [value["name"] for value in record["values"]]
    assert names == ["Append a day", "Read 2 days", "Manifest of 2 days", "Ledger, read anew"]
    assert all(value["low"] <= value["value"] <= value["high"] for value in record["values"])
