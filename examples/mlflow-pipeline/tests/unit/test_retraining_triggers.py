"""When to train again, when to go back, and when to leave well alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payments_loop.pipeline.settings import (
    AlarmTrigger,
    Decide,
    RetrainingSettings,
    SettingsError,
    Triggers,
    load,
)
from payments_loop.pipeline.triggers import Facts, Regret, decide

MONDAY = datetime(2026, 7, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = RetrainingSettings(
    triggers=Triggers(
        performance=AlarmTrigger(alarms=("performance_drop",), cool_down_days=7),
        drift=AlarmTrigger(alarms=("feature_drift",), cool_down_days=28),
    )
)
QUIET = Facts(
    as_of=MONDAY,
    champion="v1",
    champion_since=MONDAY - 20 * DAY,
    last_race=MONDAY - 14 * DAY,
    fresh_rows=5000,
)
DROP = ("performance_drop", "AUC .61 of .77")
DRIFT = ("feature_drift", "amount PSI .31")


def test_without_a_champion_one_is_trained_on_any_day() -> None:
    facts = replace(QUIET, champion=None, last_race=None, as_of=MONDAY + 2 * DAY)
    verdict = decide(facts, SETTINGS)
    assert (verdict.action, verdict.because) == ("retrain", "first model: there is no champion")


def test_a_first_race_that_was_refused_is_run_again_on_a_day_for_races() -> None:
    refused = replace(QUIET, champion=None, last_race=MONDAY - DAY, fresh_rows=5000)
    assert decide(replace(refused, as_of=MONDAY), SETTINGS).action == "retrain"
    assert decide(replace(refused, as_of=MONDAY + 2 * DAY), SETTINGS).action == "keep"
    assert decide(replace(refused, as_of=MONDAY, fresh_rows=10), SETTINGS).action == "keep"


def test_nothing_happens_without_a_reason() -> None:
    verdict = decide(QUIET, SETTINGS)
    assert verdict.action == "keep"
    assert "performance: no alarm" in verdict.because


def test_a_drop_on_matured_labels_starts_a_race() -> None:
    verdict = decide(replace(QUIET, alarms=[DROP]), SETTINGS)
    assert verdict.action == "retrain"
    assert verdict.because.startswith("performance: performance_drop (AUC .61 of .77)")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"as_of": MONDAY + DAY}, "tuesday"),
        ({"fresh_rows": 1999}, "1999 of 2000"),
        ({"last_race": MONDAY - 6 * DAY}, "last race 6 days ago, pause 7"),
    ],
)
def test_a_guard_holds_a_race_back_and_says_so(change: dict[str, object], why: str) -> None:
    verdict = decide(replace(QUIET, alarms=[DROP], **change), SETTINGS)  # type: ignore[arg-type]
    assert verdict.action == "keep"
    assert why in verdict.because


def test_drift_waits_longer_than_a_drop() -> None:
    assert decide(replace(QUIET, alarms=[DRIFT]), SETTINGS).action == "keep"
    rested = replace(QUIET, alarms=[DRIFT], last_race=MONDAY - 28 * DAY)
    assert decide(rested, SETTINGS).action == "retrain"


def test_both_alarms_can_be_asked_for() -> None:
    strict = SETTINGS.model_copy(update={"decide": Decide(combine="all")})
    rested = replace(QUIET, last_race=None)
    alone = decide(replace(rested, alarms=[DROP]), strict)
    assert alone.action == "keep"
    assert "drift is needed too" in alone.because
    assert decide(replace(rested, alarms=[DROP, DRIFT]), strict).action == "retrain"


def test_an_old_champion_is_challenged_however_well_it_does() -> None:
    old = replace(QUIET, champion_since=MONDAY - 60 * DAY, last_race=MONDAY - 60 * DAY)
    assert decide(old, SETTINGS).because.startswith("age: 60 days")
    tried = replace(old, last_race=MONDAY - 20 * DAY)
    assert decide(tried, SETTINGS).action == "keep"


def test_a_promotion_that_made_things_worse_is_undone_at_once() -> None:
    worse = Regret(rows=3000, gain=0.05, p_value=0.001)
    verdict = decide(replace(QUIET, regret=worse, as_of=MONDAY + DAY, alarms=[DROP]), SETTINGS)
    assert verdict.action == "rollback"
    assert "+0.050 AUC on 3000 decisions" in verdict.because


@pytest.mark.parametrize(
    "regret",
    [
        Regret(rows=900, gain=0.2, p_value=1e-6),
        Regret(rows=3000, gain=0.05, p_value=0.02),
        Regret(rows=3000, gain=-0.05, p_value=0.999),
    ],
)
def test_chance_is_no_reason_to_go_back(regret: Regret) -> None:
    assert decide(replace(QUIET, regret=regret), SETTINGS).action == "keep"


def test_the_shipped_settings_are_valid() -> None:
    found = load()
    assert found.triggers.performance.alarms
    assert found.triggers.drift.cool_down_days > found.triggers.performance.cool_down_days


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[triggers.age]\nmaximum_days = 0", "triggers.age.maximum_days: Input should be greater"),
        ("[decide]\nweekdays = ['mon']", "decide.weekdays.0: Input should be 'monday'"),
        ("[race]\nholdout = 3", "race.holdout: Extra inputs"),
        ("[race", "Expected"),
    ],
)
def test_wrong_settings_are_named(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "retraining.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=problem):
        load(file)
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "absent.toml")
