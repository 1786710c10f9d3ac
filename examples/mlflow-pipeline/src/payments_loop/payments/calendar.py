"""What will happen to the payments, and when: the answers that the monitoring is marked against.

Every world has the same kinds of incident. The day on which each begins differs with the seed,
inside a known window. Nothing happens in the first `QUIET_DAYS`: after thirty of them the longest
windows of the features are filled, and sixty remain to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

START = date(2026, 1, 1)
QUIET_DAYS = 90
DAYS = QUIET_DAYS + 183

Kind = Literal[
    "covariate_drift",
    "concept_drift",
    "poisoned_batch",
    "duplicate_batch",
    "late_batch",
    "outage",
    "label_drought",
    "bad_release",  # of a model, not of the world: whoever plays one adds it
]


@dataclass(frozen=True)
class Incident:
    """Something that happens to the world or to its data.

    Attributes:
        kind: what it is.
        first: first day whose data is affected (UTC).
        last: last day of the *change*. Covariate and concept drift are complete on it and stay;
            everything else is over after it.
        detail: one sentence for people.
        expects: the alarms that it explains, any one of which finds it. `duplicates` and `late`
            stand for what only the ledger of the lake shows.
        variant: which fault, where a kind has several: `cents`, `no_device`, `time_zone`.
    """

    kind: Kind
    first: date
    last: date
    detail: str
    expects: tuple[str, ...]
    variant: str = ""


@dataclass(frozen=True)
class _Plan:
    """One line of the plan: earliest and latest day of its begin, counted from 0, and length."""

    kind: Kind
    earliest: int
    latest: int
    days: int
    expects: tuple[str, ...]
    detail: str = ""


_PLANS = (
    _Plan(
        "duplicate_batch",
        94,
        100,
        1,
        ("duplicates",),
        "a day's payments are delivered twice",
    ),
    _Plan(
        "covariate_drift",
        106,
        118,
        1,
        ("feature_drift", "prediction_drift"),
        "a marketplace joins: more and larger payments online; no payment becomes riskier",
    ),
    _Plan("poisoned_batch", 128, 136, 1, ("quarantined",)),
    _Plan(
        "concept_drift",
        148,
        160,
        5,
        ("performance_drop", "calibration_off", "prediction_drift"),
        "fraudsters give up large payments from new devices for many small ones from known ones",
    ),
    _Plan(
        "late_batch",
        196,
        202,
        1,
        ("late", "volume", "stale_data"),
        "a day's payments arrive three days late",
    ),
    _Plan(
        "label_drought",
        210,
        216,
        7,
        ("labels_missing", "stale_data", "calibration_off"),
        "the dispute office delivers no reports for a week, and all of them after it",
    ),
    _Plan("outage", 238, 244, 1, ("volume", "stale_data"), "a day's payments are lost"),
    _Plan("poisoned_batch", 252, 260, 1, ("quarantined",)),
)

POISONS = {
    "cents": "a client sends amounts in cents instead of euros",
    "no_device": "a client no longer sends the age of the device",
    "time_zone": "a client sends local time, nine hours ahead, as UTC",
}


def calendar(seed: int, start: date = START, days: int = DAYS) -> list[Incident]:
    """Return the incidents of a world in order of their first day.

    Args:
        seed: of the world; moves each incident inside its window, and picks the faults.
        start: first day of the world.
        days: what would not be over within so many days is left out.
    """
    rng = np.random.default_rng([seed, 1])
    faults = [str(fault) for fault in rng.permutation(sorted(POISONS))]
    incidents = []
    for plan in _PLANS:
        day = int(rng.integers(plan.earliest, plan.latest + 1))
        variant = faults.pop() if plan.kind == "poisoned_batch" else ""
        if day + plan.days > days:
            continue
        first = start + timedelta(days=day)
        last = first + timedelta(days=plan.days - 1)
        detail = plan.detail or POISONS[variant]
        incidents.append(Incident(plan.kind, first, last, detail, plan.expects, variant))
    return incidents
