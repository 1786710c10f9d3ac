"""The definitions that Dagster loads; needs the group `flow`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from payments_loop.pipeline.steps import GRAPH

dg = pytest.importorskip("dagster", reason="the group `flow` is not installed")


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    from payments_loop.pipeline import dagster

    return dagster


def test_an_asset_is_a_step(flow: Any) -> None:
    graph = flow.definitions.resolve_asset_graph()
    found = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert found == {step.name: set(step.needs) for step in GRAPH}


def test_a_partition_is_seen_from_the_end_of_its_day(flow: Any) -> None:
    assert flow.as_of("2026-07-05") == datetime(2026, 7, 6, tzinfo=UTC)


def test_nothing_is_missed_before_the_first_run(flow: Any) -> None:
    answer = flow.missed_days(dg.build_sensor_context())
    assert isinstance(answer, dg.SkipReason)
