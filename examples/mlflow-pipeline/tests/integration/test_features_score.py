"""`POST /v1/score`: features from history, decisions from the model, and a memory of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from plugins.features_api import write_payments
from plugins.http_api import MakeClient, metric, wait_until
from starlette.testclient import TestClient

NOW = datetime.now(UTC).replace(microsecond=0)
ROW = {"customer_id": "known", "amount": 12.5, "channel": "web"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the tiny problem and a lake of its own."""
    write_payments(tmp_path, now=NOW)
    return tmp_path


def score(client: TestClient, *rows: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """The answer to some rows."""
    response = client.post("/v1/score", json={"rows": rows})
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


def age(answer: dict[str, Any], position: int = 0) -> float | None:
    """The feature that comes from history."""
    found: float | None = answer["decisions"][position]["features"]["age_days"]
    return found


def test_features_come_from_history(make_client: MakeClient, root: Path) -> None:
    client = make_client(features_root=root)
    at = NOW.isoformat()
    answer = score(client, ROW | {"row_id": "r1", "at": at}, ROW | {"customer_id": "new"})
    assert age(answer) == 2.5
    assert age(answer, 1) is None
    first = answer["decisions"][0]
    assert first["row_id"] == "r1"
    assert datetime.fromisoformat(first["at"]) == NOW
    predicted = client.post("/v1/predict", json={"features": first["features"]}).json()
    same = ("probability", "decision", "threshold", "model_version")
    assert [first[name] for name in same] == [predicted[name] for name in same]
    assert metric(client, "features_duration_seconds_count") == 1


def test_a_decision_is_history_for_the_next_one(make_client: MakeClient, root: Path) -> None:
    client = make_client(features_root=root)
    row = ROW | {"customer_id": "new", "row_id": "r1", "at": NOW.isoformat()}
    assert age(score(client, row)) is None
    later = (NOW + timedelta(hours=6)).isoformat()
    assert age(score(client, row | {"row_id": "r2", "at": later})) == 0.25
    assert age(score(client, row)) is None
    last = (NOW + timedelta(hours=12)).isoformat()
    assert age(score(client, row | {"row_id": "r3", "at": last})) == 0.5


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": -1}, "/rows/1/amount"),
        ({"amount": "12"}, "/rows/1/amount"),
        ({"channel": "fax"}, "/rows/1/channel"),
        ({"customer_id": None}, "/rows/1/customer_id"),
        ({"visits": 1.5}, "/rows/1/visits"),
        ({"unknown": 1}, "/rows/1/unknown"),
        ({"at": "2026-01-01T00:00:00"}, "/rows/1/at"),
    ],
)
def test_wrong_rows_are_explained(
    make_client: MakeClient, root: Path, change: dict[str, Any], pointer: str
) -> None:
    client = make_client(features_root=root)
    problem = score(client, ROW, ROW | change, status=422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "12.5" not in str(problem)


def test_a_row_twice_is_refused(make_client: MakeClient, root: Path) -> None:
    client = make_client(features_root=root)
    row = ROW | {"row_id": "twice"}
    assert score(client, row, row, status=409)["type"] == "urn:problem-type:row-twice"


def test_a_time_without_history_is_refused(make_client: MakeClient, root: Path) -> None:
    client = make_client(features_root=root)
    for days in (-3, 30):
        at = (NOW + timedelta(days=days)).isoformat()
        problem = score(client, ROW | {"at": at}, status=409)
        assert problem["type"] == "urn:problem-type:out-of-history"


def test_there_is_a_limit(make_client: MakeClient, root: Path) -> None:
    client = make_client(features_root=root, max_instances=2)
    assert score(client, ROW, ROW, ROW, status=422)["errors"][0]["pointer"] == "/rows"


def test_without_a_problem_the_rest_works(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(features_root=tmp_path)
    assert "problem" in score(client, ROW, status=503)["detail"]
    assert client.get("/readyz").status_code == 200


def test_a_lake_that_comes_later_is_found(
    make_client: MakeClient, root: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "data" / "lake"
    hidden = lake.rename(tmp_path / "hidden")
    client = make_client(features_root=root, features_refresh_seconds=0.05)
    score(client, ROW, status=503)
    assert metric(client, "features_refresh_failures_total") >= 1
    hidden.rename(lake)
    wait_until(lambda: metric(client, "features_refreshed_timestamp_seconds") > 0)
    assert age(score(client, ROW | {"at": NOW.isoformat()})) == 2.5


def test_the_documentation_knows_the_problem(make_client: MakeClient, root: Path) -> None:
    client = make_client(features_root=root)
    row = client.get("/openapi.json").json()["components"]["schemas"]["Row"]
    assert row["properties"]["channel"]["enum"] == ["app", "terminal", "web"]
    assert row["properties"]["amount"]["maximum"] == 10000
    assert set(row["required"]) == {"customer_id", "amount", "channel"}
    assert row["additionalProperties"] is False
