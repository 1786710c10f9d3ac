"""Who may ask."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from fastapi import Request

from docs_qa.api.problems import Problem
from docs_qa.rag_api.gate import Gate


def by(caller: str) -> Request:
    return cast("Request", SimpleNamespace(state=SimpleNamespace(caller=caller)))


def test_more_than_the_places_are_refused_until_one_leaves() -> None:
    gate = Gate(rate=0, burst=1, places=2)
    gate.enter(by("a"))
    gate.enter(by("b"))
    with pytest.raises(Problem, match="at once") as refused:
        gate.enter(by("c"))
    assert refused.value.status == 503
    assert refused.value.headers["retry-after"] == "1"
    gate.leave()
    gate.enter(by("c"))


def test_the_rate_holds_per_key_and_takes_no_place() -> None:
    gate = Gate(rate=0.01, burst=1, places=2)
    gate.enter(by("a"))
    with pytest.raises(Problem) as refused:
        gate.enter(by("a"))
    assert refused.value.status == 429
    assert int(refused.value.headers["retry-after"]) > 60
    gate.enter(by("b"))
