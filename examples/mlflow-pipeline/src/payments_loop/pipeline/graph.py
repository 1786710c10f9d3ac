"""Steps and the order in which they can run. Nothing here knows what a step does."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

Result = dict[str, Any]
C = TypeVar("C")


class GraphError(Exception):
    """The steps do not form a graph that can be run; the message says which one and why."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a step found out or made, as JSON: short facts and names, never the data itself."""

    result: Result


@dataclass(frozen=True, slots=True)
class Idle:
    """The step had nothing to do, and why; its result is the reason."""

    reason: str


@dataclass(frozen=True)
class Job(Generic[C]):
    """What a step is given.

    Attributes:
        workspace: the data, models and settings it works on.
        as_of: the moment it looks at the world from; nothing later exists for it.
        results: of the steps that it needs, by their names.
        say: tells people something in a line.
    """

    workspace: C
    as_of: datetime
    results: Mapping[str, Result]
    say: Callable[[str], None] = print


@dataclass(frozen=True)
class Step(Generic[C]):
    """One step of the pipeline.

    Attributes:
        name: also its name in records, Airflow, Kubeflow and Dagster.
        needs: steps whose results it reads.
        run: does the work. Must be idempotent: it may be killed anywhere and started again.
        summary: one line for people.
        code: modules and packages of this project whose source its result depends on.
        settings: dotted parts of the settings its result depends on.
        always: it looks at the world outside, so its recorded inputs cannot say that nothing
            changed. Steps after it are still skipped when its result is the same as before.
    """

    name: str
    needs: tuple[str, ...]
    run: Callable[[Job[C]], Done | Idle]
    summary: str
    code: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    always: bool = False


class Graph(Generic[C]):
    """Steps in an order in which each comes after those it needs.

    Raises:
        GraphError: a name is there twice, is unknown, or steps need each other in a circle.
    """

    def __init__(self, steps: Iterable[Step[C]]) -> None:
        given = list(steps)
        known = {step.name: step for step in given}
        if len(known) != len(given):
            raise GraphError("two steps have the same name")
        for step in given:
            for name in step.needs:
                if name not in known:
                    raise GraphError(f"step {step.name} needs {name}, which is no step")
        self._steps = _in_order(known)

    def __iter__(self) -> Iterator[Step[C]]:
        return iter(self._steps.values())

    def __getitem__(self, name: str) -> Step[C]:
        """The step of that name.

        Raises:
            GraphError: there is none.
        """
        if name not in self._steps:
            raise GraphError(f"no step {name!r}; there are: {', '.join(self._steps)}")
        return self._steps[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all steps, in order."""
        return tuple(self._steps)

    def up_to(self, last: str | None) -> list[Step[C]]:
        """The step `last` and all that it needs, directly or not; None: every step."""
        if last is None:
            return list(self)
        wanted = {self[last].name}
        for step in reversed(list(self)):
            if step.name in wanted:
                wanted.update(step.needs)
        return [step for step in self if step.name in wanted]

    def mermaid(self) -> str:
        """The graph as a mermaid flowchart."""
        lines = ["flowchart LR"]
        lines += [f"    {need} --> {step.name}" for step in self for need in _direct(self, step)]
        return "\n".join(lines)


def _direct(graph: Graph[C], step: Step[C]) -> list[str]:
    """Needs that no other need implies, so that a drawing shows no short cuts."""
    implied = {
        before.name for need in step.needs for before in graph.up_to(need) if before.name != need
    }
    return [need for need in step.needs if need not in implied]


def _in_order(steps: Mapping[str, Step[C]]) -> dict[str, Step[C]]:
    """Topological order; steps that could swap places keep the order they were given in."""
    rank = {name: number for number, name in enumerate(steps)}
    waits = {name: set(step.needs) for name, step in steps.items()}
    ready = [rank[name] for name, needs in waits.items() if not needs]
    names = list(steps)
    ordered: dict[str, Step[C]] = {}
    while ready:
        name = names[heapq.heappop(ready)]
        ordered[name] = steps[name]
        for other, needs in waits.items():
            if name in needs:
                needs.remove(name)
                if not needs:
                    heapq.heappush(ready, rank[other])
    if len(ordered) != len(steps):
        circle = ", ".join(name for name in steps if name not in ordered)
        raise GraphError(f"these steps need each other: {circle}")
    return ordered
