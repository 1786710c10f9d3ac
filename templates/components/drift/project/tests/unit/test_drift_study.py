"""False alarms and delays: the study itself is the statistical test of the detector."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from my_project.bundle import Bundle
from my_project.drift import record
from my_project.drift.study import (
    delays,
    false_alarms,
    mean_interval,
)


def test_no_false_alarm_from_a_thousand_rows_on(tiny_bundle: Bundle) -> None:
    assert false_alarms(tiny_bundle, 1000, range(20)) == 0
    # The reason for asking for that many: the same detector on few rows is often wrong.
    assert false_alarms(tiny_bundle, 50, range(20)) > 20


def test_large_shifts_are_found_sooner_and_small_ones_not_at_all(tiny_bundle: Bundle) -> None:
    small, half, full = (delays(tiny_bundle, shift, range(6)) for shift in (0.1, 0.5, 1.0))
    assert np.isnan(small.rows).all()
    assert np.isfinite(full.rows).all()
    assert full.rows.max() <= 4000
    assert np.nanmean(half.rows) > full.rows.mean()


def test_mean_interval_holds_the_mean() -> None:
    low, high = mean_interval(np.array([1.0, 2.0, 3.0, 4.0]))
    assert 1 <= low < 2.5 < high <= 4
    assert mean_interval(np.array([5.0, 5.0])) == (5, 5)


def test_the_record_holds_every_measurement_and_its_plot(
    tiny_bundle: Bundle, tmp_path: Path
) -> None:
    path = record.write(tiny_bundle, 5, root=tmp_path)
    written = json.loads(path.read_text())
    assert written["details"]["model_version"] == "v1"
    assert len(written["details"]["delay_rows"]["1.0"]) == 5
    names = [value["name"] for value in written["values"]]
    assert "False alarms, windows of 1000 rows" in names
    assert "Delay, shift of 1 sd" in names
    assert (tmp_path / written["plots"][0]["path"]).read_bytes().startswith(b"\x89PNG")
