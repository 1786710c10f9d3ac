"""The threat model names the tests that hold its rows, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(test_\w+)\.py`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    service = "docs_qa.rag_api"
    pytest.importorskip(service, reason="rows about requests need an HTTP service")
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = set(NAMED.findall(text))
    assert len(named) >= 8
    assert named <= {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
