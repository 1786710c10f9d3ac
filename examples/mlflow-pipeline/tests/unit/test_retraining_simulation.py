"""Telling the story of a played world: from its records, in a plot, in numbers."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from payments_loop.payments import Incident
from payments_loop.pipeline.records import Record, Records
from payments_loop.pipeline.simulation import evidence, plot
from payments_loop.pipeline.simulation.marks import (
    Mark,
    false_alarms,
    mark,
)
from payments_loop.pipeline.simulation.play import Play, midnight, told
from payments_loop.pipeline.simulation.run import Plan
from payments_loop.pipeline.simulation.sabotage import Refusal
from payments_loop.pipeline.simulation.story import (
    FILE,
    Story,
    keep,
    recall,
)
from payments_loop.pipeline.simulation.timeline import read
from payments_loop.pipeline.simulation.weeks import Week

DAY = timedelta(days=1)
FIRST = date(2026, 4, 1)
DRIFT = Incident("concept_drift", FIRST + 9 * DAY, FIRST + 13 * DAY, "", ("performance_drop",))
RELEASE = Incident("bad_release", FIRST + 23 * DAY, FIRST + 23 * DAY, "", ("rolled_back",))
POISON = Incident("poisoned_batch", FIRST + 2 * DAY, FIRST + 2 * DAY, "", ("quarantined",))


def note(records: Records, day: date, step: str, result: dict[str, Any]) -> None:
    stamp = midnight(day).isoformat()
    records.write(midnight(day), Record(step, stamp, "0" * 64, "done", stamp, 0.5, result))


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """Four weeks: a poisoned batch on day 2, a drop on day 20, a promotion on day 21, and a bad
    model that is forced on day 23 and rolled back on day 26."""
    records = Records(tmp_path)
    for number in range(29):
        day = FIRST + number * DAY
        aside = ["payments-2026-04-03"] if number == 3 else []
        alarms = [{"name": "performance_drop", "severity": "alarm"}] if number in {19, 20} else []
        version = "v1" if number < 22 else "v2"
        note(records, day, "ingest", {"quarantined": aside, "duplicates": 0, "late": 0})
        note(records, day, "monitor", {"version": version, "alarms": alarms})
        note(records, day, "decide", {"action": "keep", "because": "performance: drop"})
    note(records, FIRST + 21 * DAY, "gate", {"verdict": "promote", "winner": "v2"})
    note(records, FIRST + 21 * DAY, "promote", {"version": "v2"})
    note(records, FIRST + 26 * DAY, "rollback", {"version": "v2", "left": "v9"})
    return records


@pytest.fixture
def story(records: Records) -> Story:
    timeline = read(records, FIRST, FIRST + 28 * DAY)
    played = Play(
        folder=records.folder,
        seed=3,
        start=FIRST - 90 * DAY,
        happened=(),
        first=FIRST,
        weeks=4,
        failures=(),
        refusal=Refusal("v9", FIRST + 14 * DAY, "keep", ("ranks better",), 0.9),
        release=RELEASE,
    )
    weeks = [
        Week(
            FIRST + 7 * number * DAY,
            700,
            {"loop": loop, "never": 0.5, "weekly": 0.6, "ceiling": 0.85},
            {"loop": 1500.0, "never": 2000.0, "weekly": 1800.0, "ceiling": 1400.0},
        )
        for number, loop in enumerate((0.78, 0.6, 0.55, 0.76))
    ]
    marks = (
        Mark(POISON, "quarantined", FIRST + 3 * DAY, 0),
        Mark(DRIFT, "performance_drop", FIRST + 19 * DAY, 9),
        Mark(RELEASE, "rolled_back", FIRST + 26 * DAY, 2),
    )
    return Story(played, timeline, tuple(weeks), marks, (), 60.0)


def test_the_records_tell_what_happened(story: Story) -> None:
    found = story.timeline
    assert found.signals == {
        "quarantined": [FIRST + 3 * DAY],
        "performance_drop": [FIRST + 19 * DAY, FIRST + 20 * DAY],
        "rolled_back": [FIRST + 26 * DAY],
    }
    assert found.rollbacks == (FIRST + 26 * DAY,)
    assert found.quarantined == ("payments-2026-04-03",)
    [race] = found.promotions
    assert (race.day, race.promoted, race.verdict) == (FIRST + 21 * DAY, "v2", "promote")
    assert found.champions[FIRST] == "v1"
    assert found.champions[FIRST + 21 * DAY] == "v2"


def test_a_forced_model_is_an_incident_that_the_rollback_notices(story: Story) -> None:
    assert RELEASE in story.played.incidents
    signals = story.timeline.signals
    [found] = mark([RELEASE], signals)
    assert (found.signal, found.days) == ("rolled_back", 2)
    assert [one.signal for one in false_alarms([RELEASE], signals, [])][-1] != "rolled_back"
    # A rollback of a model that was good would be a false alarm.
    assert "rolled_back" in {one.signal for one in false_alarms([], signals, [])}


def test_the_plot_is_drawn(story: Story, tmp_path: Path) -> None:
    drawn = plot.draw(story, tmp_path / "plots" / "loop.png")
    assert drawn.read_bytes().startswith(b"\x89PNG")


def test_the_summary_has_a_line_per_incident(story: Story) -> None:
    text = "\n".join(evidence.summary(story))
    assert "concept_drift      9 d  performance_drop" in text
    assert "bad challenger   refused: ranks better" in text
    assert "bad_release        2 d  rolled_back" in text
    assert "AUC never retrained" in text
    assert "1 races, 1 promotions, 0 false alarms" in text


def test_the_record_has_means_with_intervals(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = Plan(7, 2, 4, 100, tmp_path, alternatives=True)
    path = evidence.write([story, story], plan)
    text = path.read_text()
    assert '"bad challengers refused"' in text
    assert '"2 of 2"' in text
    assert '"bad releases rolled back"' in text
    assert (tmp_path / "evidence" / "loop.png").is_file()


def test_a_story_that_was_told_is_kept_until_something_changes(
    story: Story, tmp_path: Path
) -> None:
    assert recall(tmp_path, "a" * 64) is None
    keep(story, tmp_path, "a" * 64)
    assert recall(tmp_path, "a" * 64) == story
    assert recall(tmp_path, "b" * 64) is None
    (tmp_path / FILE).write_text('{"inputs_sha256": "')
    assert recall(tmp_path, "a" * 64) is None


def test_a_quiet_night_is_not_told() -> None:
    assert list(told({"action": "keep"}, {}, {})) == []
    lines = list(
        told(
            {"action": "retrain", "because": "age"},
            {"verdict": "promote"},
            {"version": "v2"},
        )
    )
    assert lines == ["retrain: age", "gate: promote", "champion: v2"]
