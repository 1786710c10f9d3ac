"""Marking what was noticed against what happened."""

from datetime import date, timedelta

from payments_loop.payments import Incident
from payments_loop.pipeline.simulation.marks import false_alarms, mark

DAY = timedelta(days=1)
FIRST = date(2026, 5, 1)
DRIFT = Incident("covariate_drift", FIRST, FIRST, "inputs change", ("feature_drift",))
POISON = Incident("poisoned_batch", FIRST, FIRST, "cents", ("quarantined",), "cents")


def test_a_batch_that_is_put_aside_on_arrival_took_no_time() -> None:
    [found] = mark([POISON], {"quarantined": [FIRST + DAY]})
    assert (found.signal, found.days) == ("quarantined", 0)


def test_the_first_expected_signal_counts() -> None:
    signals = {"feature_drift": [FIRST + 4 * DAY, FIRST + 5 * DAY], "volume": [FIRST + DAY]}
    [found] = mark([DRIFT], signals)
    assert (found.noticed, found.days) == (FIRST + 4 * DAY, 3)


def test_a_signal_that_was_on_before_notices_nothing() -> None:
    [found] = mark([DRIFT], {"feature_drift": [FIRST + number * DAY for number in range(-3, 9)]})
    assert found.signal is None


def test_a_signal_that_comes_much_later_notices_nothing() -> None:
    [found] = mark([DRIFT], {"feature_drift": [FIRST + 15 * DAY]})
    assert found.signal is None


def test_what_no_incident_explains_is_a_false_alarm() -> None:
    signals = {
        "feature_drift": [FIRST - 20 * DAY, FIRST - 18 * DAY, FIRST + 3 * DAY],
        "volume": [FIRST + DAY],
        "stale_data": [FIRST + 60 * DAY],
    }
    found = false_alarms([DRIFT, POISON], signals, promotions=[])
    assert [(one.signal, one.first, one.last) for one in found] == [
        ("feature_drift", FIRST - 20 * DAY, FIRST - 18 * DAY),
        ("stale_data", FIRST + 60 * DAY, FIRST + 60 * DAY),
    ]


def test_a_lasting_change_explains_until_a_champion_knows_it() -> None:
    late = {"feature_drift": [FIRST + 80 * DAY]}
    assert false_alarms([DRIFT], late, promotions=[]) == []
    early = [FIRST + 7 * DAY]  # trained before the change was in the labels
    assert false_alarms([DRIFT], late, early) == []
    assert len(false_alarms([DRIFT], late, [FIRST + 40 * DAY])) == 1
