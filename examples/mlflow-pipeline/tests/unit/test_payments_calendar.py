"""The calendar has every kind of incident, in its window, on days that differ with the seed."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from payments_loop.payments.calendar import (
    DAYS,
    POISONS,
    QUIET_DAYS,
    START,
    calendar,
)

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_incidents_are_in_order_and_within_the_world(seed: int) -> None:
    incidents = calendar(seed)
    assert [i.first for i in incidents] == sorted(i.first for i in incidents)
    assert incidents[0].first >= START + timedelta(days=QUIET_DAYS)
    assert incidents[-1].last < START + timedelta(days=DAYS)
    # One thing at a time, so that an alarm can be told which incident it belongs to.
    assert all(a.last < b.first for a, b in pairwise(incidents))


@pytest.mark.parametrize("seed", SEEDS)
def test_each_kind_is_there_and_says_who_should_notice(seed: int) -> None:
    incidents = calendar(seed)
    kinds = [incident.kind for incident in incidents]
    assert len(set(kinds)) == 7
    assert kinds.count("poisoned_batch") == 2
    assert all(incident.expects and incident.detail for incident in incidents)
    faults = [incident.variant for incident in incidents if incident.variant]
    assert len(set(faults)) == 2
    assert set(faults) <= set(POISONS)


def test_days_and_faults_differ_with_the_seed() -> None:
    calendars = [calendar(seed) for seed in SEEDS]
    assert len({tuple(i.first for i in each) for each in calendars}) == len(SEEDS)
    assert {i.variant for each in calendars for i in each if i.variant} == set(POISONS)
    assert calendar(4) == calendar(4)


def test_a_short_world_leaves_out_what_would_not_be_over() -> None:
    assert calendar(1, days=QUIET_DAYS) == []
    short = calendar(1, days=125)
    assert {incident.kind for incident in short} == {"duplicate_batch", "covariate_drift"}
    assert short == calendar(1)[:2]
