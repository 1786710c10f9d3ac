"""Steps, their order, and when they run again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payments_loop.pipeline.graph import (
    Done,
    Graph,
    GraphError,
    Idle,
    Job,
    Step,
)
from payments_loop.pipeline.records import BusyError, Records, digest
from payments_loop.pipeline.runner import (
    Runner,
    StepError,
    source_sha256,
)

AS_OF = datetime(2026, 7, 6, tzinfo=UTC)


class World:
    """What the steps of these tests look at and change."""

    def __init__(self) -> None:
        self.rows = 10
        self.broken = False
        self.calls: list[str] = []


def step(
    name: str,
    *needs: str,
    run: Callable[[Job[World]], Done | Idle] | None = None,
    always: bool = False,
    settings: tuple[str, ...] = (),
) -> Step[World]:
    def work(job: Job[World]) -> Done | Idle:
        job.workspace.calls.append(name)
        if run:
            return run(job)
        return Done({need: job.results[need] for need in needs})

    return Step(name, needs, work, summary=name, always=always, settings=settings)


def look(job: Job[World]) -> Done:
    return Done({"rows": job.workspace.rows})


def train(job: Job[World]) -> Done | Idle:
    if job.workspace.broken:
        raise ValueError("no labels")
    if job.results["look"]["rows"] < 5:
        return Idle("too few rows")
    return Done({"model": job.results["look"]["rows"] // 10})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def graph() -> Graph[World]:
    return Graph(
        [
            step("look", run=look, always=True),
            step("train", "look", run=train, settings=("race",)),
            step("judge", "train"),
        ]
    )


@pytest.fixture
def runner(graph: Graph[World], world: World, tmp_path: Path) -> Runner[World]:
    return Runner(graph, world, Records(tmp_path), AS_OF, {"race": 1}, say=lambda _: None)


def test_a_step_comes_after_those_it_needs() -> None:
    graph = Graph([step("c", "a", "b"), step("b", "a"), step("a")])
    assert graph.names == ("a", "b", "c")
    assert [one.name for one in graph.up_to("b")] == ["a", "b"]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([step("a", "b"), step("b", "a")], "need each other: a, b"),
        ([step("a", "x")], "a needs x, which is no step"),
        ([step("a"), step("a")], "same name"),
    ],
)
def test_what_is_no_graph_is_refused(steps: list[Step[World]], problem: str) -> None:
    with pytest.raises(GraphError, match=problem):
        Graph(steps)


def test_the_drawing_has_no_short_cuts() -> None:
    graph = Graph([step("a"), step("b", "a"), step("c", "a", "b")])
    assert graph.mermaid().splitlines() == ["flowchart LR", "    a --> b", "    b --> c"]


def test_nothing_is_done_twice(runner: Runner[World], world: World) -> None:
    runner.run()
    world.calls.clear()
    runner.run()
    assert world.calls == ["look"]  # it looks at the world outside, so it always runs


def test_a_change_runs_what_depends_on_it_and_no_more(runner: Runner[World], world: World) -> None:
    runner.run()
    world.calls.clear()
    world.rows = 11  # changes what `train` gets, but not what it makes of it
    runner.run()
    assert world.calls == ["look", "train"]


def test_changed_settings_run_the_steps_that_read_them(
    graph: Graph[World], runner: Runner[World], world: World
) -> None:
    runner.run()
    world.calls.clear()
    settings = {"race": 2, "other": 1}
    Runner(graph, world, runner.records, AS_OF, settings, say=lambda _: None).run()
    assert world.calls == ["look", "train"]


def test_a_failed_step_is_recorded_and_tried_again(runner: Runner[World], world: World) -> None:
    world.broken = True
    with pytest.raises(StepError, match="step train failed: ValueError: no labels"):
        runner.run()
    record = runner.records.read(AS_OF, "train")
    assert record is not None
    assert (record.outcome, record.error) == ("failed", "ValueError: no labels")
    assert runner.records.read(AS_OF, "judge") is None
    world.broken = False
    assert runner.run()["judge"].result == {"train": {"model": 1}}


def test_a_run_that_died_is_completed(runner: Runner[World], world: World) -> None:
    runner.run(until="train")  # killed here
    runner.records.path(AS_OF, "train").write_text('{"step": "tra')  # while it was writing
    world.calls.clear()
    runner.run()
    assert world.calls == ["look", "train", "judge"]


def test_an_idle_step_says_why(runner: Runner[World], world: World) -> None:
    world.rows = 3
    done = runner.run()
    assert (done["train"].outcome, done["train"].result) == ("idle", {"reason": "too few rows"})


def test_each_step_can_be_a_process_of_its_own(runner: Runner[World], world: World) -> None:
    with pytest.raises(StepError, match="it needs look, which has not run"):
        runner.run_one("train")
    for name in runner.graph.names:
        runner.run_one(name)
    assert world.calls == ["look", "train", "judge"]


def test_two_processes_do_not_run_the_same_step(runner: Runner[World]) -> None:
    with runner.records.claim(AS_OF, "look"), pytest.raises(BusyError, match="step look"):
        runner.run()


def test_force_runs_everything(graph: Graph[World], runner: Runner[World], world: World) -> None:
    runner.run()
    world.calls.clear()
    Runner(
        graph, world, runner.records, AS_OF, runner.settings, say=lambda _: None, force=True
    ).run()
    assert world.calls == ["look", "train", "judge"]


def test_the_newest_earlier_result_is_found(runner: Runner[World]) -> None:
    runner.run()
    later = datetime(2026, 7, 8, tzinfo=UTC)
    found = runner.records.latest("train", before=later)
    assert found is not None
    assert found.result == {"model": 1}
    assert runner.records.latest("train", before=AS_OF) is None
    assert runner.records.latest("train", before=later, outcome="failed") is None
    (runner.records.folder / "notesZ").mkdir()
    assert runner.records.runs() == [AS_OF]


def test_the_order_of_keys_is_no_change() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    with pytest.raises(ValueError, match="JSON"):
        digest(float("nan"))


def test_changed_source_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "retraining_probe"
    package.mkdir()
    for name in ("__init__", "part"):
        (package / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    before = source_sha256.__wrapped__("retraining_probe")
    (package / "part.py").write_text("x = 1")
    assert source_sha256.__wrapped__("retraining_probe") != before
    with pytest.raises(ModuleNotFoundError):
        source_sha256("no_such_module_at_all")
