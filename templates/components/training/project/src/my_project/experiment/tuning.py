"""Choosing the parameters of the trees: an Optuna study that survives being killed.

A study is a file named after the rows it is about, so that the same command on the same rows
continues it. Each trial's sampler is seeded by its place in the study: an interrupted study
proposes what an uninterrupted one would have.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from my_project.evaluation import Dataset, Sample
from my_project.evaluation.metrics import log_loss

from .boosting import fit_trees, scores
from .errors import ExperimentError
from .logistic import sigmoid
from .settings import Parameters, Settings

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

STARTUP_TRIALS = 5

# What is searched, on a logarithmic scale.
SPACE: dict[str, tuple[float, float]] = {
    "num_iterations": (50, 400),
    "learning_rate": (0.01, 0.3),
    "num_leaves": (3, 63),
    "min_data_in_leaf": (10, 500),
    "lambda_l2": (0.01, 100.0),
    "feature_fraction": (0.4, 1.0),
}

Watch = Callable[["FrozenTrial"], None]


@dataclass(frozen=True)
class Tuned:
    """The best parameters, and what they scored.

    Attributes:
        parameters: of the best trial.
        loss: its mean log loss over the folds.
        untuned: the same of the configured parameters, which are the first trial.
        trials: how many there are.
        study: name of the study.
    """

    parameters: Parameters
    loss: float
    untuned: float
    trials: int
    study: str


@contextmanager
def opened(rows: Dataset, settings: Settings) -> Iterator[Study]:
    """The study about `rows`, new or continued; one process at a time may have it open.

    Raises:
        ExperimentError: another process has it open.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name = _name(rows, settings)
    path = settings.tuning.folder / f"{name}.journal"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ExperimentError(f"{path}: another process is tuning on these rows") from error
        _drop_torn_line(path)
        storage = JournalStorage(JournalFileBackend(str(path), lock_obj=_lock()))
        study = optuna.create_study(storage=storage, study_name=name, load_if_exists=True)
        study.pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS)
        for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        yield study


def tune(study: Study, rows: Dataset, settings: Settings, *, seed: int, watch: Watch) -> Tuned:
    """Try parameters until the budget is used up; `watch` is told of every finished trial.

    The configured parameters are tried first, so that the result is no worse on the same folds.
    """
    import optuna

    ended = time.monotonic() + settings.tuning.seconds
    while (count := len(finished(study))) < settings.tuning.trials:
        if count and time.monotonic() > ended:
            break
        waiting = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,))
        if not count and not waiting:
            study.enqueue_trial(_searched(settings.model))
        study.sampler = optuna.samplers.TPESampler(
            seed=seed + count,
            n_startup_trials=STARTUP_TRIALS,
        )
        trial = study.ask()
        loss = _loss(trial, rows, settings, seed)
        state = optuna.trial.TrialState.PRUNED if loss is None else None
        watch(study.tell(trial, loss, state=state))
    best = study.best_trial
    return Tuned(
        parameters=settings.model.model_copy(update=best.params),
        loss=float(best.value or 0.0),
        untuned=float(finished(study)[0].value or 0.0),
        trials=len(finished(study)),
        study=study.study_name,
    )


def finished(study: Study) -> list[FrozenTrial]:
    """Trials that ran to their end or were pruned, in the order in which they were started."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _loss(trial: Trial, rows: Dataset, settings: Settings, seed: int) -> float | None:
    """Mean log loss over the folds; None if the trial falls behind the others."""
    parameters = settings.model.model_copy(update=_propose(trial, settings.model))
    losses: list[float] = []
    for fold, (older, newer) in enumerate(folds(rows, settings.tuning.folds)):
        booster = fit_trees(older, parameters, seed=seed, threads=settings.threads)
        p = sigmoid(scores(booster, newer.X, settings.threads))
        losses.append(log_loss(Sample(newer.y, p))(np.ones(len(newer))))
        trial.report(float(np.mean(losses)), fold)
        if fold + 1 < settings.tuning.folds and trial.should_prune():
            return None
    return float(np.mean(losses))


def _propose(trial: Trial, configured: Parameters) -> dict[str, float]:
    """Parameters from `SPACE`, which is widened where the configured ones lie outside."""
    proposed: dict[str, float] = {}
    for name, bounds in SPACE.items():
        value = _within(name, configured)
        low, high = min(*bounds, value), max(*bounds, value)
        if isinstance(value, int):
            proposed[name] = trial.suggest_int(name, int(low), int(high), log=True)
        else:
            proposed[name] = trial.suggest_float(name, low, high, log=True)
    return proposed


def _searched(configured: Parameters) -> dict[str, Any]:
    return {name: _within(name, configured) for name in SPACE}


def _within(name: str, configured: Parameters) -> int | float:
    """The configured value; a 0, which has no logarithm, becomes the lower end."""
    value: int | float = getattr(configured, name)
    return value or SPACE[name][0]


def folds(rows: Dataset, count: int) -> Iterator[tuple[Dataset, Dataset]]:
    """Expanding windows: `count` blocks of the newer half, each with all that is older."""
    bounds = np.linspace(len(rows) // 2, len(rows), count + 1).astype(int)
    for begin, end in pairwise(bounds.tolist()):
        yield rows.rows(slice(0, begin)), rows.rows(slice(begin, end))


def _name(rows: Dataset, settings: Settings) -> str:
    """The same for the same rows, first parameters, seed and folds."""
    content = hashlib.sha256(np.ascontiguousarray(rows.X).tobytes())
    content.update(np.packbits(rows.y).tobytes())
    asked = (rows.columns, settings.model, settings.seed, settings.tuning.folds)
    content.update(repr(asked).encode())
    return content.hexdigest()[:16]


def _drop_torn_line(path: Path) -> None:
    """Remove what a killed process did not finish writing, before something is appended to it."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
        os.fsync(file.fileno())


def _lock() -> Any:
    """Optuna's own lock stays behind when its holder is killed; ours around the study does not."""
    from optuna.storages.journal import JournalFileOpenLock

    class Held(JournalFileOpenLock):
        def __init__(self) -> None:
            pass

        def acquire(self) -> bool:
            return True

        def release(self) -> None:
            pass

    return Held()
