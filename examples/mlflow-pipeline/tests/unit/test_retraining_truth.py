"""An alarm about calibration is false only if the probabilities were right after all."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from payments_loop.bundle import Bundle
from payments_loop.monitor.settings import MonitorSettings
from payments_loop.pipeline.simulation import truth
from payments_loop.pipeline.simulation.marks import FalseAlarm
from payments_loop.pipeline.simulation.play import Play
from payments_loop.pipeline.simulation.timeline import Timeline

DAY = timedelta(days=1)
ALARMED = date(2026, 5, 1)
LONG_WEEKS = 4
ALARM = FalseAlarm("calibration_off", ALARMED, ALARMED)


class Workspace:
    """What the module asks a project folder for; `asked` are the windows that were read."""

    root = Path()
    problem = lake = None
    maturity = 14 * DAY
    models = SimpleNamespace(resolve=Path)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> dict[int, float]:
    """Length of a window in weeks -> what is said there on average, of a true 10 %."""
    said_by_weeks = {1: 0.1, LONG_WEEKS: 0.1}
    ids = [str(number) for number in range(100)]

    def outcomes(*_: Any, start: datetime, end: datetime, as_of: datetime) -> pl.DataFrame:
        assert as_of == datetime(2026, 5, 1, tzinfo=UTC)  # midnight of the alarm's first day
        assert end == as_of - Workspace.maturity
        said = said_by_weeks[(end - start).days // 7]
        return pl.DataFrame({"row_id": ids[::-1], "probability": [said] * 100})

    def examples(*_: Any, **__: Any) -> Any:
        return SimpleNamespace(row_ids=ids, dataset=SimpleNamespace(truth=np.full(100, 0.1)))

    limits = SimpleNamespace(performance=SimpleNamespace(long_windows=LONG_WEEKS, calibration=1.25))
    monkeypatch.setattr(truth, "Workspace", Workspace)
    monkeypatch.setattr(MonitorSettings, "load", lambda _: limits)
    monkeypatch.setattr(Bundle, "load", lambda path: path)
    monkeypatch.setattr(truth, "outcomes", outcomes)
    monkeypatch.setattr(truth, "examples", examples)
    return said_by_weeks


def false_among(alarms: list[FalseAlarm], folder: Path) -> list[FalseAlarm]:
    start, first = date(2026, 1, 1), date(2026, 4, 1)
    played = Play(folder, 3, start, (), first, 8, failures=(), refusal=None)
    timeline = Timeline({}, (), {ALARMED: "v1"}, (), ())
    return truth.unfounded(played, timeline, alarms)


@pytest.mark.parametrize(
    ("weeks", "said", "is_false"),
    [
        (1, 0.1, True),
        (1, 0.12, True),
        (1, 0.126, False),
        (LONG_WEEKS, 0.13, False),
        (LONG_WEEKS, 0.081, True),
        (1, 0.079, False),
    ],
)
def test_probabilities_that_were_off_make_the_alarm_right(
    windows: dict[int, float], tmp_path: Path, weeks: int, said: float, is_false: bool
) -> None:
    windows[weeks] = said
    assert false_among([ALARM], tmp_path) == ([ALARM] if is_false else [])


def test_other_alarms_are_not_about_calibration(windows: dict[int, float], tmp_path: Path) -> None:
    windows[1] = 0.9
    drift = FalseAlarm("feature_drift", ALARMED, ALARMED)
    assert false_among([drift, ALARM], tmp_path) == [drift]
