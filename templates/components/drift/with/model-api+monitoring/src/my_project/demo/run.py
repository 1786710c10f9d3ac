"""The course of the demonstration."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from my_project.demo import replay, rules, stack, traffic
from my_project.demo.processes import Client
from my_project.demo.stack import Say, States
from my_project.demo.timeline import (
    COLUMNS,
    Gauges,
    Moment,
    Timeline,
)
from my_project.demo.traffic import Source
from my_project.drift import PSI_THRESHOLD

ALERT = "FeatureDrift"
REFERENCE_ROWS = 20_000


@dataclass(frozen=True)
class Plan:
    """How long and how much.

    Attributes:
        normal_seconds: of normal traffic.
        shifted_seconds: of shifted traffic at most; it ends when the alert fires.
        rows_per_second: sent in batches.
        window_rows: size of the detector's window.
        seed: of the traffic.
    """

    normal_seconds: int = 15
    shifted_seconds: int = 45
    rows_per_second: int = 400
    window_rows: int = 3000
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What happened.

    Attributes:
        timeline: second by second.
        evaluated_by: "prometheus", "promtool" or "nothing".
        model_version: the champion.
        problem: why the demonstration failed; None if it did not.
    """

    timeline: Timeline
    evaluated_by: str
    model_version: str
    problem: str | None


def run(plan: Plan, models_dir: Path, say: Say) -> Outcome:
    """Serve, send traffic, shift it, and watch the alert.

    Args:
        plan: how long and how much.
        models_dir: folder with a champion; without one an example model is used.
        say: gets every line for the spectator.

    Raises:
        DemoError: if a process does not start.
        OSError: if a request fails.
    """
    with ExitStack() as started:
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="monitor-demo-")))
        bundle = stack.champion(models_dir, folder, say)
        source = traffic.source(bundle, plan.seed)
        if not source.joint:
            rows = source.rows(REFERENCE_ROWS, plan.seed + 2, False)
            bundle = stack.rebased(bundle, rows, folder)
        service = stack.service(bundle.path.parent, plan.window_rows, folder)
        client, port = started.enter_context(service)
        copy = folder / "rules.yml"
        copy.write_text(rules.shortened(), encoding="utf-8")
        states: States = _not_evaluated
        if prometheus := shutil.which("prometheus"):
            states = started.enter_context(stack.prometheus(prometheus, port, folder))
        say(f"Alert rules: {rules.RULES}, every `for:` shortened to {rules.FOR_SECONDS} s.")
        say(f"Traffic: {source.description}.")
        say(COLUMNS)
        timeline = Timeline()
        for moment in _moments(plan, source, client, states):
            timeline.moments.append(moment)
            say(moment.line())
            if _settled(timeline):
                break
        evaluated_by, problem = judge(timeline, copy, say)
        return Outcome(timeline, evaluated_by, bundle.version, problem)


def _not_evaluated() -> None:
    """The states of the alerts where nothing evaluates the rules while the traffic runs."""


def _moments(plan: Plan, source: Source, client: Client, states: States) -> Iterator[Moment]:
    normal = source.bodies(plan.seed, shifted=False)
    shifted = source.bodies(plan.seed + 1, shifted=True)
    sent = 0
    started = time.monotonic()
    for second in range(1, plan.normal_seconds + plan.shifted_seconds + 1):
        is_shifted = second > plan.normal_seconds
        for _ in range(max(1, plan.rows_per_second // traffic.BATCH)):
            client.post_json("/v1/predict/batch", next(shifted if is_shifted else normal))
            sent += traffic.BATCH
        # The pace is kept by the clock: a slow second is made up for by the next one.
        time.sleep(max(0.0, started + second - time.monotonic()))
        gauges = Gauges.parse(client.get("/metrics"))
        yield Moment(time.monotonic() - started, is_shifted, sent, gauges, states())


def _settled(timeline: Timeline) -> bool:
    """Whether nothing new is to be expected: the alert fires, or would if it were evaluated."""
    if timeline.moments[-1].alerts is None:
        return _above_for_long(timeline)
    return timeline.first(ALERT, "firing") is not None


def _above_for_long(timeline: Timeline) -> bool:
    """Whether the index was over the threshold for long enough to make the alert fire."""
    needed = rules.FOR_SECONDS + 3
    recent = timeline.moments[-needed:]
    return len(recent) == needed and all(
        moment.shifted and moment.gauges.worst[1] > PSI_THRESHOLD for moment in recent
    )


def judge(timeline: Timeline, copy: Path, say: Say) -> tuple[str, str | None]:
    """Decide whether the alert did what it should.

    Args:
        timeline: all of it.
        copy: the shortened rules.
        say: gets a line on what was not done for lack of a program.

    Returns:
        What evaluated the rules, and the problem, if there is one.
    """
    if timeline.moments[-1].alerts is not None:
        if false := timeline.false_alarm():
            return "prometheus", f"{false} was active before anything had shifted"
        fired = timeline.first(ALERT, "firing")
        return "prometheus", None if fired else f"{ALERT} did not fire"
    if not _above_for_long(timeline):
        return "nothing", "the index did not stay above the threshold"
    if any(m.gauges.worst[1] > PSI_THRESHOLD for m in timeline.moments if not m.shifted):
        return "nothing", "the index was above the threshold before anything had shifted"
    promtool = shutil.which("promtool")
    if promtool is None:
        say("Neither prometheus nor promtool is installed: the alert rules were not evaluated.")
        return "nothing", None
    test = copy.with_name("sampled_test.yml")
    test.write_text(replay.promtool_test(timeline.moments, copy), encoding="utf-8")
    say("prometheus is not installed: promtool evaluates the rules on the sampled gauges.")
    holds, answer = replay.evaluate(promtool, test)
    return "promtool", None if holds else answer
