"""Plays a world, day by day, with the same steps that run every night."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from payments_loop.payments import (
    QUIET_DAYS,
    Incident,
    World,
    load_world,
)
from payments_loop.pipeline.run import open_runner
from payments_loop.pipeline.runner import StepError
from payments_loop.pipeline.simulation.ahead import (
    helper,
    prepare_night,
    take,
)
from payments_loop.pipeline.simulation.sabotage import (
    Refusal,
    force,
    send_bad_challenger,
)
from payments_loop.pipeline.workspace import Workspace

DAY = timedelta(days=1)
WEEKS = 26
# From the start of play; between two other incidents, see the calendar. The champion is good then, so
# a refusal is the gate's own merit, and a version comes back that is worth it.
SABOTAGE_WEEK = 6
# When the refused challenger is promoted by hand.
RELEASE_WEEK = 7
# Whatever this project works on and wherever it keeps it: the simulation has all of its own.
ENVIRONMENT = {
    "APP_PROBLEM": "payments",
    "APP_LAKE_URI": None,
    "MLFLOW_TRACKING_URI": None,
}

# Of the project, into that of the simulation
COPIED = ("config", "problems")

Say = Callable[[str], object]


@dataclass(frozen=True)
class Play:
    """What was played.

    Attributes:
        folder: a project folder of its own: configuration, lake, models, records, MLflow.
        seed: of the world.
        start: its first day.
        happened: what the world did.
        first: first day on which a model could decide.
        weeks: number of weeks that were played from there.
        failures: (day, message) of runs that failed.
        refusal: what the gate said to a challenger that had learned nothing.
        release: the same challenger, promoted by hand.
    """

    folder: Path
    seed: int
    start: date
    happened: tuple[Incident, ...]
    first: date
    weeks: int
    failures: tuple[tuple[date, str], ...]
    refusal: Refusal | None
    release: Incident | None = None

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What happened until the end, in order."""
        found = [*self.happened, *([self.release] if self.release else [])]
        began = (one for one in found if one.first < self.end)
        return tuple(sorted(began, key=lambda one: one.first))

    @property
    def end(self) -> date:
        """Day after the last one."""
        return self.first + self.weeks * 7 * DAY


def midnight(day: date) -> datetime:
    """Start of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def prepare(project: Path, folder: Path, *, seed: int, per_day: int, weeks: int) -> World:
    """Make a project folder with a world of its own; what was in it before is deleted.

    Labels of the last week mature after it, so the world goes on for that long.
    """
    if folder.exists():
        shutil.rmtree(folder)
    for name in COPIED:
        shutil.copytree(project / name, folder / name)
    # Nobody reads why a decision of half a year ago was made.
    (folder / "config" / "scoring.toml").write_text('explain = "none"\n', encoding="utf-8")
    days = QUIET_DAYS + weeks * 7 + 15
    (folder / "problems" / "payments" / "world.toml").write_text(
        f"seed = {seed}\nstart = 2026-01-01\ndays = {days}\nper_day = {per_day}\n"
        "incidents = true\n",
        encoding="utf-8",
    )
    return load_world(folder / "problems" / "payments")


def play(
    folder: Path,
    *,
    seed: int,
    per_day: int,
    weeks: int = WEEKS,
    project: Path = Path(),
    say: Say = print,
) -> Play:
    """Play a world from its beginning: the warm-up at once, then day by day.

    Args:
        folder: for the project folder of the simulation.
        seed: of the world.
        per_day: payments on an average day.
        weeks: after the warm-up.
        project: folder with the configuration and the problem to copy.
        say: told what happens.
    """
    world = prepare(project, folder, seed=seed, per_day=per_day, weeks=weeks)
    first = world.start + QUIET_DAYS * DAY
    failures: list[tuple[date, str]] = []
    refusal: Refusal | None = None
    release: Incident | None = None
    days = [first + number * DAY for number in range(weeks * 7 + 1)]
    with inside(folder), helper(folder) as process:
        prepared = [process.submit(prepare_night, midnight(day)) for day in days]
        work = Workspace()
        labels = process.submit(take, midnight(days[-1]) + work.maturity + DAY)
        _open(work)
        for number, day in enumerate(days):
            prepared[number].result()
            problem = _night(work, day, say)
            if problem:
                failures.append((day, problem))
            if number >= SABOTAGE_WEEK * 7 and refusal is None:
                refusal = send_bad_challenger(work, midnight(day))
                say(f"{day}  a challenger that learned from shuffled labels: {refusal.verdict}")
            if number >= RELEASE_WEEK * 7 and refusal and release is None:
                release = force(work, refusal.version, midnight(day))
                say(f"{day}  {release.detail}")
        labels.result()  # those of the last weeks; nobody decides any more
    return Play(
        folder=folder,
        seed=seed,
        start=world.start,
        happened=world.incidents,
        first=first,
        weeks=weeks,
        failures=tuple(failures),
        refusal=refusal,
        release=release,
    )


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Be in that folder, with everything there and nothing elsewhere."""
    kept = {name: os.environ.pop(name, None) for name in ENVIRONMENT}
    _set(ENVIRONMENT)
    try:
        with chdir(folder):
            yield
    finally:
        _set(kept)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _open(work: Workspace) -> None:
    """Import and create, while the warm-up is taken in, what the first race would wait for."""
    for name in ("lightgbm", "payments_loop.experiment"):
        importlib.import_module(name)
    work.registry.tracking.experiment()


def _night(work: Workspace, day: date, say: Say) -> str | None:
    """Run all steps as of a midnight; the reason if one failed, as it may in real life."""
    runner = open_runner(midnight(day), workspace=work, say=lambda _: None)
    try:
        done = runner.run()
    except StepError as error:
        say(f"{day}  {error}")
        return str(error)
    for line in told(done["decide"].result, done["gate"].result, done["promote"].result):
        say(f"{day}  {line}")
    for batch in done["ingest"].result["quarantined"]:
        say(f"{day}  quarantined: {batch}")
    return None


def told(
    decision: dict[str, object], gate: dict[str, object], promotion: dict[str, object]
) -> Iterator[str]:
    """What people should hear of a night; nothing, on most."""
    if decision["action"] == "keep":
        return
    yield f"{decision['action']}: {decision['because']}"
    if "verdict" in gate:
        yield f"gate: {gate['verdict']}"
    if "version" in promotion:
        yield f"champion: {promotion['version']}"
