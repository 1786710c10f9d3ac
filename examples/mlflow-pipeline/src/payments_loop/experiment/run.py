"""One experiment: rows in, a bundle and a run in MLflow out."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from payments_loop.bundle import Manifest
from payments_loop.evaluation import Dataset

from . import explanation
from .candidate import Candidate
from .errors import ExperimentError
from .fit import Fitted, fit, score
from .judge import judge
from .recording import Say, Task, recording
from .settings import Settings, load
from .version import write_version

if TYPE_CHECKING:
    from payments_loop.lake import Lake
    from payments_loop.problem import Problem
    from payments_loop.tracking import Tracking


def run(
    problem: Problem,
    lake: Lake,
    *,
    as_of: datetime,
    until: datetime,
    name: str = "full",
    window_days: int | None = None,
    tune: bool = False,
    tracking: Tracking | None = None,
    models_dir: Path = Path("models"),
    settings: Settings | None = None,
    plots: bool = True,
    say: Say = lambda _: None,
) -> Candidate:
    """Train a candidate on rows before `until`, judge it on those after, and record it.

    The same rows, settings and seed give the same bundle, so a repeated experiment finds the
    version that it made before.

    Args:
        problem: what is decided, at which cost, by which features.
        lake: where the rows are.
        as_of: labels that were not known by then do not exist.
        until: rows from here on are held out: they judge the candidate, nothing is fitted on them.
        name: of the candidate; part of its version.
        window_days: use so many of the newest days only; None for all of `history_days`.
        tune: search for better parameters first.
        tracking: where the run is recorded; by default where the environment says.
        models_dir: folder of the model versions.
        settings: by default `config/training.toml`.
        plots: also draw curves and compare slices, which takes longer than the rest.
        say: is told what happens.

    Raises:
        ExperimentError: the rows do not allow it, or `until` is after `as_of`.
        TrackingError: the tracking store cannot be reached.
        BundleError: the bundle cannot be written.
    """
    from payments_loop.features import examples
    from payments_loop.tracking import connect

    began = time.monotonic()
    if until > as_of:
        raise ExperimentError(f"until ({until}) is after as_of ({as_of})")
    task = Task(problem, as_of, until, name, window_days, settings or load())
    found = examples(problem, lake, start=_start(task, lake), end=as_of, as_of=as_of)
    training, held_out = (
        found.dataset.between(None, _moment(until)),
        found.dataset.between(_moment(until), None),
    )
    say(
        f"{name}: {len(training):,} rows of {len(training.features)} features, "
        f"{np.mean(training.y) if len(training) else 0:.2%} positive; {len(held_out):,} held out",
    )
    with recording(tracking or connect(), task, training, tune=tune) as record:
        parameters = record.tuned(say)
        settings = task.settings.model_copy(update={"model": parameters})
        fitted = fit(training, settings, seed=settings.seed)
        rows, judged_on = _judged_on(held_out, fitted)
        metrics = _metrics(problem, fitted, rows)
        made = write_version(
            models_dir,
            _manifest(task, rows, metrics, found.manifest.sha256),
            fitted.onnx,
            rows.X,
            explanation.files(fitted),
        )
        record.finish(made, found, training, rows, parameters, plots=plots)
        say(
            f"{made.version}: AUC {metrics['auc']:.4f} on {len(rows):,} {judged_on} rows, "
            f"logistic regression {metrics['baseline_auc']:.4f}",
        )
    return Candidate(
        name=name,
        version=made.version,
        path=made.path,
        run_id=record.run_id,
        rows=len(training),
        first=_datetime(training.time[0]),
        last=_datetime(training.time[-1]),
        seconds=time.monotonic() - began,
        parameters=parameters.model_dump(),
        metrics=metrics,
        judged_on=judged_on,
    )


def _start(task: Task, lake: Lake) -> datetime:
    """Where the window begins: not before the lake holds what the features look back on."""
    settings = task.settings.data
    asked = task.until - timedelta(days=task.window_days or settings.history_days)
    name = task.problem.spine.table or next(iter(task.problem.tables))
    parts = lake.parts(
        name, start=asked.date() - timedelta(days=settings.warm_up_days), end=task.until.date()
    )
    if not parts:
        raise ExperimentError(f"the lake has no rows of {name} before {task.until}: ingest data")
    oldest = datetime.combine(min(part.day for part in parts), datetime.min.time(), UTC)
    return max(asked, oldest + timedelta(days=settings.warm_up_days))


def _judged_on(held_out: Dataset, fitted: Fitted) -> tuple[Dataset, str]:
    """Held-out rows if they hold both classes, otherwise those of the calibration."""
    if min(held_out.y.sum(), (~held_out.y).sum()) >= 2:  # noqa: PLR2004 (DeLong's least)
        return held_out, "held-out"
    return fitted.calibrated_on, "calibration"


def _metrics(problem: Problem, fitted: Fitted, rows: Dataset) -> dict[str, float]:
    model, baseline = (score(onnx, rows.X) for onnx in (fitted.onnx, fitted.baseline))
    return judge(rows, model, baseline, problem.bundle_costs()) | {"parity": fitted.parity}


def _manifest(
    task: Task,
    rows: Dataset,
    metrics: dict[str, float],
    data_sha256: str,
) -> Manifest:
    from payments_loop.tracking import commit

    costs = task.problem.bundle_costs()
    typical = np.median(rows.amount, keepdims=True)
    return Manifest(
        version=f"{task.as_of.astimezone(UTC):%Y%m%d-%H%M%S}-{task.name}",
        created=task.as_of,
        features=rows.features,
        threshold=float(costs.thresholds(typical)[0]),
        decisions=task.problem.target.decisions,
        costs=costs,
        metrics=metrics,
        seed=task.settings.seed,
        commit=commit(),
        data_sha256=data_sha256,
    )


def _moment(at: datetime) -> np.datetime64:
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def _datetime(at: np.datetime64) -> datetime:
    moment: datetime = at.astype("datetime64[us]").item()
    return moment.replace(tzinfo=UTC)
