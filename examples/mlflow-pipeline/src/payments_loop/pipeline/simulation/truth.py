"""Alarms that no incident explains, held against the true probabilities of the world."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl

from payments_loop.bundle import Bundle
from payments_loop.features import examples
from payments_loop.monitor.reading import outcomes
from payments_loop.monitor.settings import MonitorSettings
from payments_loop.pipeline.simulation.marks import FalseAlarm
from payments_loop.pipeline.simulation.play import Play, inside, midnight
from payments_loop.pipeline.simulation.timeline import Timeline
from payments_loop.pipeline.workspace import Workspace

WEEK = timedelta(days=7)


def unfounded(played: Play, timeline: Timeline, alarms: Iterable[FalseAlarm]) -> list[FalseAlarm]:
    """Those of the alarms that are false even so.

    A champion may be off in calibration although nothing happened to the world: it was calibrated
    on the labels of a few days. Then the alarm is right, and the calendar cannot know it. What it
    said has to differ from the truth by as much as the monitor tolerates, noise or not.
    """
    with inside(played.folder):
        work = Workspace()
        return [
            one
            for one in alarms
            if one.signal != "calibration_off"
            or not _off(work, timeline.champions[one.first], midnight(one.first))
        ]


def _off(work: Workspace, version: str, as_of: datetime) -> bool:
    """Whether a version's probabilities were off in one of the windows that the monitor looked at."""
    limits = MonitorSettings.load(work.root).performance
    bundle = Bundle.load(work.models.resolve(version))
    end = as_of - work.maturity
    for weeks in {1, limits.long_windows}:
        start = end - weeks * WEEK
        said = outcomes(work.problem, work.lake, bundle, start=start, end=end, as_of=as_of)
        known = examples(work.problem, work.lake, start=start, end=end, as_of=as_of)
        truth = pl.DataFrame({"row_id": known.row_ids, "truth": known.dataset.truth})
        both = said.join(truth, on="row_id")
        if both.is_empty():
            continue
        ratio = float(both["truth"].to_numpy().sum() / both["probability"].to_numpy().sum())
        if not 1 / limits.calibration <= ratio <= limits.calibration:
            return True
    return False
