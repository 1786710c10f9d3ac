"""Marks what was noticed against the calendar of what really happened. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from payments_loop.payments import Incident

DAY = timedelta(days=1)
MATURITY_DAYS = 14
# A signal that comes later than this after an incident's first day has not noticed the incident.
WITHIN_DAYS = {
    "feature_drift": 14,
    "prediction_drift": 14,
    "performance_drop": MATURITY_DAYS + 21,
    "calibration_off": MATURITY_DAYS + 21,
    "cost_rise": MATURITY_DAYS + 21,
    "quarantined": 2,
    "duplicates": 2,
    "late": 5,
    "volume": 3,
    "stale_data": 4,
    "labels_missing": MATURITY_DAYS + 14,
    "rolled_back": 14,
}
# The signals that each kind may cause besides those it must: no false alarms.
_LABELS = ("performance_drop", "calibration_off", "cost_rise")
_MODEL = ("feature_drift", "prediction_drift", "rolled_back", *_LABELS)
_FLOW = ("volume", "stale_data", "late", "duplicates", "quarantined")
MAY_CAUSE: Mapping[str, tuple[str, ...]] = {
    "covariate_drift": _MODEL,
    "concept_drift": _MODEL,
    "poisoned_batch": _FLOW,
    "duplicate_batch": _FLOW,
    "late_batch": _FLOW,
    "outage": _FLOW,
    "bad_release": _MODEL,
    # Frauds that are reported too late count as honest, which the matured labels show later.
    "label_drought": (*_FLOW, "labels_missing", *_LABELS),
}
PERMANENT = ("covariate_drift", "concept_drift")


@dataclass(frozen=True)
class Mark:
    """One incident and when it was noticed.

    Attributes:
        incident: what happened.
        signal: by which of the expected signals it was noticed first; None if by none.
        noticed: as of which midnight.
        days: from the first midnight after it began until then.
    """

    incident: Incident
    signal: str | None = None
    noticed: date | None = None
    days: int | None = None


def mark(incidents: Sequence[Incident], signals: Mapping[str, Sequence[date]]) -> list[Mark]:
    """Find for each incident the first expected signal that came in time.

    A signal that was on before the incident began says nothing about it: only its first day, or
    its first day after a pause, counts.
    """
    marks = []
    for incident in incidents:
        found = []
        for signal in incident.expects:
            last = incident.last + WITHIN_DAYS[signal] * DAY
            began = [
                day
                for day in signals.get(signal, ())
                if _earliest(incident, signal) < day <= last
                and _earliest(incident, signal) not in signals[signal]
            ]
            found += [(min(began), signal)] if began else []
        if found:
            day, signal = min(found)
            marks.append(Mark(incident, signal, day, (day - incident.first - DAY).days))
        else:
            marks.append(Mark(incident))
    return marks


def _earliest(incident: Incident, signal: str) -> date:
    """Midnight before the first at which the signal can know of it: labels need to mature."""
    return incident.first + (MATURITY_DAYS * DAY if signal in _LABELS else 0 * DAY)


@dataclass(frozen=True)
class FalseAlarm:
    """Days in a row with a signal that no incident explains."""

    signal: str
    first: date
    last: date


def false_alarms(
    incidents: Sequence[Incident],
    signals: Mapping[str, Sequence[date]],
    promotions: Sequence[date],
) -> list[FalseAlarm]:
    """Find the episodes that no incident explains, not even on their first day."""
    found = []
    for signal, days in signals.items():
        for first, last in _episodes(days):
            if not any(_explains(incident, signal, first, promotions) for incident in incidents):
                found.append(FalseAlarm(signal, first, last))
    return sorted(found, key=lambda alarm: alarm.first)


def _episodes(days: Sequence[date]) -> list[tuple[date, date]]:
    """Rows of days; a pause of up to two days does not end one."""
    episodes: list[tuple[date, date]] = []
    for day in sorted(days):
        if episodes and day - episodes[-1][1] <= 3 * DAY:
            episodes[-1] = (episodes[-1][0], day)
        else:
            episodes.append((day, day))
    return episodes


def _explains(incident: Incident, signal: str, day: date, promotions: Sequence[date]) -> bool:
    """Whether a signal on that day may come from the incident.

    A permanent change explains until a champion is promoted that knows the new world; one that
    passes explains as long as its rows are in the windows that are looked at.
    """
    if signal not in (*incident.expects, *MAY_CAUSE[incident.kind]):
        return False
    last = incident.last + (WITHIN_DAYS[signal] + 7) * DAY
    if incident.kind in PERMANENT:
        knowing = [day for day in promotions if day >= incident.last + 28 * DAY]
        last = max(last, min(knowing, default=date.max - 8 * DAY) + 7 * DAY)
    return _earliest(incident, signal) < day <= last
