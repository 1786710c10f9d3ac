"""The page about a run."""

from datetime import UTC, datetime
from typing import Any

import pytest

from payments_loop.pipeline.steps.report import page

AS_OF = datetime(2026, 7, 6, tzinfo=UTC)


@pytest.fixture
def results() -> dict[str, dict[str, Any]]:
    return {
        "ingest": {"newest": 2, "batches": 400, "quarantined": []},
        "monitor": {"version": "v1", "alarms": []},
        "decide": {
            "action": "keep",
            "reasons": [{"rule": "drift", "fired": False, "detail": "no alarm"}],
        },
        "rollback": {"reason": "nothing to undo"},
        "gate": {"reason": "no challengers"},
        "canary": {"reason": "no winner"},
        "promote": {"reason": "no winner"},
    }


def test_a_quiet_night(results: dict[str, dict[str, Any]]) -> None:
    text = page(AS_OF, results)
    assert text.startswith("# Pipeline run as of 2026-07-06\n\nThe champion stays `v1`.")
    assert "No alarm." in text
    assert "Gate" not in text


def test_an_eventful_one(results: dict[str, dict[str, Any]]) -> None:
    alarm = {"name": "feature_drift", "subject": "amount", "severity": "alarm", "detail": "PSI .3"}
    results["monitor"]["alarms"] = [alarm] * 14
    results["ingest"]["quarantined"] = ["payments-2026-07-05"]
    check = {"name": "calibrated", "version": "v2", "passed": False, "detail": "error .05"}
    results["gate"] = {"verdict": "promote", "checks": [check]}
    results["canary"] = {"version": "v2", "passed": True, "detail": "2 % against 2 %"}
    results["promote"] = {"version": "v2"}
    text = page(AS_OF, results)
    assert "**Promoted** `v2`." in text
    assert "**Put aside**: `payments-2026-07-05`" in text
    assert "| and 2 more | | | |" in text
    assert "| calibrated | `v2` | **no** | error .05 |" in text
    assert "Canary passed: 2 % against 2 %." in text


@pytest.mark.parametrize(
    ("step", "result", "headline"),
    [
        ("rollback", {"version": "v0", "left": "v1"}, "**Rolled back** from `v1` to `v0`."),
        ("promote", {"reason": "v2 waits for approval: ..."}, "**Wanted**: v2 waits for approval"),
        ("monitor", {"version": None, "alarms": []}, "There is no champion."),
    ],
)
def test_the_first_line_says_what_matters(
    results: dict[str, dict[str, Any]], step: str, result: dict[str, Any], headline: str
) -> None:
    results[step] = result
    assert headline in page(AS_OF, results)
