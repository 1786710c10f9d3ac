"""Plays one or several worlds, marks them, and writes what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from my_project.pipeline.records import Records, digest
from my_project.pipeline.runner import source_sha256
from my_project.pipeline.simulation import evidence, plot, weeks
from my_project.pipeline.simulation.marks import false_alarms, mark
from my_project.pipeline.simulation.play import COPIED, play
from my_project.pipeline.simulation.story import Story, keep, recall
from my_project.pipeline.simulation.timeline import read
from my_project.pipeline.simulation.truth import unfounded
from my_project.pipeline.workspace import RUNS

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


def run(plan: Plan, *, jobs: int, say: Say) -> list[Story]:
    """Play all worlds, tell what came of them; write the record if alternatives were asked for."""
    seeds = range(plan.seed, plan.seed + plan.seeds)
    if plan.seeds == 1:
        stories = [tell(plan, plan.seed, say=say)]
    else:
        with ProcessPoolExecutor(max_workers=jobs) as pool:
            stories = []
            for story in pool.map(partial(tell, plan), seeds):
                say(f"seed {story.played.seed}: {story.seconds:.0f} s")
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
    """Play and mark one world; for a record, one that was told before is not played again."""
    folder = plan.folder / f"seed-{seed}"
    inputs = _inputs(plan, seed)
    known = recall(folder, inputs) if plan.alternatives else None
    return known or _tell(plan, seed, folder, inputs, say)


def _tell(plan: Plan, seed: int, folder: Path, inputs: str, say: Say) -> Story:
    began = _processor_time()
    played = play(
        folder.resolve(),
        seed=seed,
        per_day=plan.per_day,
        weeks=plan.weeks,
        say=say,
    )
    seconds = _processor_time() - began
    timeline = read(Records(played.folder / RUNS), played.first, played.end)
    judged = weeks.judge(played, timeline, weekly=plan.alternatives, say=say)
    incidents = played.incidents
    promotions = [race.day for race in timeline.promotions]
    unexplained = false_alarms(incidents, timeline.signals, promotions)
    story = Story(
        played=replace(played, folder=folder),
        timeline=timeline,
        weeks=tuple(judged),
        marks=tuple(mark(incidents, timeline.signals)),
        false_alarms=tuple(unfounded(played, timeline, unexplained)),
        seconds=seconds,
    )
    keep(story, folder, inputs)
    return story


def _processor_time() -> float:
    """Seconds of this process and of those that it has started and that have ended."""
    return sum(os.times()[:4])


def _inputs(plan: Plan, seed: int) -> str:
    """Hash of all that a story depends on: what is asked for, the code, and the project's settings."""
    asked = asdict(plan) | {"seed": seed, "seeds": 1, "folder": ""}
    files = sorted(path for name in COPIED for path in Path(name).rglob("*") if path.is_file())
    return digest(
        {
            "asked": asked,
            "code": source_sha256("my_project"),
            "files": {str(path): sha256(path.read_bytes()).hexdigest() for path in files},
        }
    )
