"""Runs the steps of a graph that have something new to do, in order."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

from payments_loop.pipeline.graph import Done, Graph, Job, Result, Step
from payments_loop.pipeline.records import Record, Records, digest

C = TypeVar("C")
Say = Callable[[str], None]


class StepError(Exception):
    """A step failed; its record has the reason, and the steps that need it did not run.

    Attributes:
        step: its name.
    """

    def __init__(self, step: str, message: str) -> None:
        super().__init__(f"step {step} failed: {message}")
        self.step = step


@dataclass(frozen=True)
class Runner(Generic[C]):
    """Runs one graph on one workspace at one moment.

    Attributes:
        graph: the steps.
        workspace: handed to every step.
        records: where their records are.
        as_of: the moment the run looks at the world from; nothing later exists for it.
        settings: what steps may be configured by, as JSON; a step runs again when its part changes.
        say: told in a line what each step did.
        force: run steps even if nothing has changed.
    """

    graph: Graph[C]
    workspace: C
    records: Records
    as_of: datetime
    settings: Mapping[str, Any] = field(default_factory=dict)
    say: Say = print
    force: bool = False

    def run(self, until: str | None = None) -> dict[str, Record]:
        """Run everything, or what `until` needs and itself; the records of all steps.

        Raises:
            StepError: a step failed.
            BusyError: another process is at the same step of the same run.
        """
        done: dict[str, Record] = {}
        for step in self.graph.up_to(until):
            done[step.name] = self._run(step, {name: done[name] for name in step.needs})
        return done

    def run_one(self, name: str) -> Record:
        """Run one step whose needs have run before, perhaps in other processes.

        Raises:
            StepError: it failed, or one that it needs did not run or failed.
            BusyError: another process is at it.
        """
        step = self.graph[name]
        needs = {need: self.records.read(self.as_of, need) for need in step.needs}
        for need, record in needs.items():
            if record is None or record.outcome == "failed":
                raise StepError(name, f"it needs {need}, which has not run; run that first")
        return self._run(step, {need: record for need, record in needs.items() if record})

    def inputs(self, step: Step[C], needs: Mapping[str, Record]) -> str:
        """Hash of all that the result of a step depends on."""
        return digest(
            {
                "step": step.name,
                "as_of": self.as_of.isoformat(),
                "needs": {name: digest(record.result) for name, record in needs.items()},
                "settings": {name: _part(self.settings, name) for name in step.settings},
                "code": {name: source_sha256(name) for name in step.code},
            }
        )

    def _run(self, step: Step[C], needs: Mapping[str, Record]) -> Record:
        with self.records.claim(self.as_of, step.name):
            inputs = self.inputs(step, needs)
            before = self.records.read(self.as_of, step.name)
            known = before and before.outcome != "failed" and before.inputs_sha256 == inputs
            if before and known and not step.always and not self.force:
                self.say(f"{step.name:<13} unchanged")
                return before
            return self._work(step, inputs, {name: record.result for name, record in needs.items()})

    def _work(self, step: Step[C], inputs: str, results: Mapping[str, Result]) -> Record:
        started, clock = datetime.now(UTC), time.perf_counter()

        def record(outcome: Any, result: Result, error: str | None = None) -> Record:
            made = Record(
                step=step.name,
                as_of=self.as_of.isoformat(),
                inputs_sha256=inputs,
                outcome=outcome,
                started=started.isoformat(timespec="milliseconds"),
                seconds=round(time.perf_counter() - clock, 3),
                result=result,
                error=error,
            )
            self.records.write(self.as_of, made)
            return made

        try:
            answer = step.run(Job(self.workspace, self.as_of, results, self.say))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            record("failed", {}, reason)
            raise StepError(step.name, reason) from error
        if isinstance(answer, Done):
            made = record("done", answer.result)
            self.say(f"{step.name:<13} {made.seconds:6.1f} s  {brief(answer.result)}")
        else:
            made = record("idle", {"reason": answer.reason})
            self.say(f"{step.name:<13} idle: {answer.reason}")
        return made


def brief(result: Result, width: int = 100) -> str:
    """The plain facts of a result in one line."""
    plain = (
        f"{key}={value}" for key, value in result.items() if isinstance(value, str | int | float)
    )
    text = ", ".join(plain)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _part(settings: Mapping[str, Any], dotted: str) -> Any:
    found: Any = settings
    for key in dotted.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


@cache
def source_sha256(name: str) -> str:
    """Hash of the source of a module, or of all modules of a package, without importing it.

    Raises:
        ModuleNotFoundError: there is no such module.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    origin = Path(spec.origin)
    files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    found = sha256()
    for file in files:
        found.update(f"{file.relative_to(origin.parent)}\0".encode())
        found.update(file.read_bytes())
    return found.hexdigest()
