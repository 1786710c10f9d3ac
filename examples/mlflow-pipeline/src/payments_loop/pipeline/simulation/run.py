"""Plays one or several worlds, marks them, and writes what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from payments_loop.pipeline.records import Records
from payments_loop.pipeline.simulation import evidence, plot, weeks
from payments_loop.pipeline.simulation.marks import (
    FalseAlarm,
    Mark,
    false_alarms,
    mark,
)
from payments_loop.pipeline.simulation.play import Play, play
from payments_loop.pipeline.simulation.timeline import Timeline, read
from payments_loop.pipeline.simulation.truth import unfounded
from payments_loop.pipeline.simulation.weeks import Week
from payments_loop.pipeline.workspace import RUNS

Say = Callable[[str], object]
PLOT = Path("loop.png")


@dataclass(frozen=True)
class Plan:
    """What to play; see the options of the command."""

    seed: int
    seeds: int
    weeks: int
    per_day: int
    folder: Path
    alternatives: bool


@dataclass(frozen=True)
class Story:
    """One world: what happened, what was noticed and done, and how well it went."""

    played: Play
    timeline: Timeline
    weeks: tuple[Week, ...]
    marks: tuple[Mark, ...]
    false_alarms: tuple[FalseAlarm, ...]
    seconds: float


def run(plan: Plan, *, jobs: int, say: Say) -> list[Story]:
    """Play all worlds, tell what came of them; write the record if alternatives were asked for."""
    seeds = range(plan.seed, plan.seed + plan.seeds)
    if plan.seeds == 1:
        stories = [tell(plan, plan.seed, say=say)]
    else:
        with ProcessPoolExecutor(max_workers=jobs) as pool:
            stories = []
            for story in pool.map(partial(tell, plan), seeds):
                say(f"seed {story.played.world.seed}: {story.seconds:.0f} s")
                stories.append(story)
    for line in evidence.summary(stories[0]):
        say(line)
    path = plot.draw(stories[0], plan.folder / PLOT)
    say(f"plot: {path}")
    if plan.alternatives:
        say(f"record: {evidence.write(stories, plan)}")
    return stories


def _silent(_: str) -> None:
    """Several worlds at once would talk at the same time."""


def tell(plan: Plan, seed: int, say: Say = _silent) -> Story:
    """Play and mark one world."""
    began = time.perf_counter()
    played = play(
        plan.folder.resolve() / f"seed-{seed}",
        seed=seed,
        per_day=plan.per_day,
        weeks=plan.weeks,
        say=say,
    )
    seconds = time.perf_counter() - began
    timeline = read(Records(played.folder / RUNS), played.first, played.end)
    judged = weeks.judge(played, timeline, weekly=plan.alternatives, say=say)
    incidents = played.incidents
    promotions = [race.day for race in timeline.promotions]
    unexplained = false_alarms(incidents, timeline.signals, promotions)
    told = replace(played, folder=plan.folder / f"seed-{seed}")
    return Story(
        played=told,
        timeline=timeline,
        weeks=tuple(judged),
        marks=tuple(mark(incidents, timeline.signals)),
        false_alarms=tuple(unfounded(played, timeline, unexplained)),
        seconds=seconds,
    )
