"""The run of an experiment while it lasts: what is tuned in it, and what is recorded at its end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payments_loop.bundle import Bundle
from payments_loop.evaluation import Dataset

from . import explanation
from .judge import answers
from .settings import Parameters, Settings

if TYPE_CHECKING:
    from payments_loop.features import Examples
    from payments_loop.problem import Problem
    from payments_loop.tracking import Tracking

Say = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """What is asked for; see `run`."""

    problem: Problem
    as_of: datetime
    until: datetime
    name: str
    window_days: int | None
    settings: Settings


@dataclass(frozen=True)
class Recording:
    """The open run of an experiment."""

    tracking: Tracking
    run_id: str
    task: Task
    training: Dataset
    study: Any

    def tuned(self, say: Say) -> Parameters:
        """The parameters to use: those that were configured, or the best that are found."""
        from .record import log_trial
        from .tuning import tune

        settings = self.task.settings
        if self.study is None:
            return settings.model
        found = tune(
            self.study,
            self.training,
            settings,
            seed=settings.seed,
            watch=lambda trial: log_trial(self.tracking, self.run_id, trial),
        )
        say(
            f"Tuned in {found.trials} trials: log loss {found.loss:.5f}, "
            f"{found.untuned:.5f} before",
        )
        return found.parameters

    def finish(
        self,
        made: Bundle,
        found: Examples,
        training: Dataset,
        rows: Dataset,
        parameters: Parameters,
        *,
        plots: bool,
    ) -> None:
        """Record what came of it."""
        from .record import Record, log

        task = self.task
        costs, documents = task.problem.bundle_costs(), {}
        with tempfile.TemporaryDirectory() as folder:
            if plots:
                documents = _documents(task, made, rows, Path(folder))
            record = Record(
                params=_params(task, parameters, training),
                metrics=made.manifest.metrics,
                tags={
                    "bundle": made.version,
                    "candidate": task.name,
                    "data_sha256": found.manifest.sha256,
                    "problem": task.problem.name,
                    "commit": made.manifest.commit or "unknown",
                    "currency": costs.currency,
                },
                manifest=found.manifest.json(),
                data_sha256=found.manifest.sha256,
                rows=len(training),
                documents=documents,
            )
            log(self.tracking, self.run_id, record, made, Path(folder) if plots else None)


@contextmanager
def recording(
    tracking: Tracking,
    task: Task,
    training: Dataset,
    *,
    tune: bool,
) -> Iterator[Recording]:
    """Open the run of an experiment; with `tune`, the one that an interrupted search left is continued."""
    from .record import started
    from .tuning import opened

    with ExitStack() as stack:
        study = stack.enter_context(opened(training, task.settings)) if tune else None
        tags = {"candidate": task.name, "as_of": task.as_of.isoformat()}
        run_id = stack.enter_context(started(tracking, task.name, tags, study))
        yield Recording(tracking, run_id, task, training, study)


def _params(task: Task, parameters: Parameters, training: Dataset) -> dict[str, object]:
    settings = task.settings
    return parameters.model_dump() | {
        "seed": settings.seed,
        "calibration": settings.data.calibration,
        "window_days": task.window_days or settings.data.history_days,
        "as_of": task.as_of.isoformat(),
        "until": task.until.isoformat(),
        "first": training.time[0],
        "last": training.time[-1],
        "rows": len(training),
        "features": len(training.features),
        **task.problem.costs.model_dump(),
    }


def _documents(task: Task, made: Bundle, rows: Dataset, folder: Path) -> dict[str, Any]:
    """Draw into `folder`, and compare the slices."""
    from . import report

    costs, seed = task.problem.bundle_costs(), task.settings.seed
    model = answers(rows, made.predict(rows.X), costs)
    report.draw(folder, rows, model, answers(rows, explanation.baseline(made, rows.X), costs), seed)
    parts = report.slice_up(rows, model, task.problem.slices.columns, seed)
    _, positive = task.problem.target.decisions
    return {"groups": report.groups(parts, positive)}
