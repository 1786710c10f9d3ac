from __future__ import annotations

import numpy as np

from text2json.load.chaos import Scenario
from text2json.load.summary import Result


def result(outcomes: dict[str, int], milliseconds: float = 1.0) -> Result:
    successes = np.full(outcomes.get("200", 0), milliseconds * 1e6, dtype=np.int64)
    return Result(successes, np.array([], dtype=np.int64), outcomes, 1.0, 0.0, 0.0)


GOOD = result({"200": 10})


def test_nothing_but_what_is_allowed_may_be_answered() -> None:
    scenario = Scenario("overload", allowed=frozenset({"503"}))
    assert scenario.complaints(result({"200": 5, "503": 5}), GOOD) == []
    assert scenario.complaints(result({"200": 5, "500": 1}), GOOD) == ["answered 500"]


def test_fault_that_was_not_met_proves_nothing() -> None:
    scenario = Scenario("slow", delay=0.05)
    assert scenario.complaints(result({"200": 5}, 60), GOOD) == []
    assert scenario.complaints(result({"200": 5}, 2), GOOD) == ["was not delayed"]


def test_service_must_serve_meanwhile_and_recover() -> None:
    scenario = Scenario("overload", allowed=frozenset({"503"}))
    assert scenario.complaints(result({"503": 5}), result({"200": 3, "500": 1})) == [
        "served nothing meanwhile",
        "still failed 25.0% afterwards",
    ]
