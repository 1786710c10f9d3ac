"""The evidence record `validation`: the study as a table and a plot."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from payments_loop import evidence
from payments_loop.problem import Problem
from payments_loop.validation.config import Config
from payments_loop.validation.faults import FAULTS
from payments_loop.validation.study import SEED, Result, run

PLOT = Path(evidence.FOLDER) / "validation.png"
ALT = (
    "Left: how many planted faults of each kind were put aside, only warned about, or missed. "
    "Right: how far clean batches stay from the limit that noise should not reach."
)
COMMAND = "payments-loop validate measure"
_REPLICAS = "payments_loop.validation.replicas"
_MONTH = 30


def write(problem: Problem, *, seeds: int, days: int, config: Config, root: Path = Path()) -> Path:
    """Measure, plot and write the record.

    Where a component offers independent clean copies of the data (a generator with other seeds),
    that many are measured; otherwise the first days of the problem's own sources.

    Args:
        problem: whose tables and sources are used.
        seeds: independent copies, where there are any.
        days: days to judge of each.
        config: what is tolerated.
        root: root of the project.

    Returns:
        The path of the record.

    Raises:
        ValueError: the sources have too few days to judge anything.
    """
    started = time.process_time()
    with TemporaryDirectory() as folder:
        replicas = _replicas(problem, seeds, Path(folder))
        result = run(replicas, days, config)
    if not result.batches:
        raise ValueError(f"the sources have fewer than {config.reference.days} days")
    _plot(result, root / PLOT)
    return evidence.write(
        "validation",
        "Checks of batches",
        _values(result, config),
        command=COMMAND,
        seed=SEED,
        plots=[evidence.Plot(PLOT.as_posix(), ALT)],
        details={
            "problem": problem.name,
            "replicas": len(replicas),
            "false_alarms": result.alarms,
            "cpu_seconds": round(time.process_time() - started, 1),
            "verdicts": {f"{name}: {kind}": n for (name, kind), n in result.verdicts.items()},
        },
        root=root,
    )


def _replicas(problem: Problem, seeds: int, folder: Path) -> Sequence[Problem]:
    if importlib.util.find_spec(_REPLICAS) is None:
        return [problem]
    made: Sequence[Problem] = importlib.import_module(_REPLICAS).replicas(problem, seeds, folder)
    return made


def _values(result: Result, config: Config) -> list[evidence.Value]:
    days = len(result.days)
    low, high = evidence.wilson(len(result.alarm_days), days)
    bound = config.reference.false_alarms
    values = [
        evidence.Value(
            "False alarms per month, clean data",
            _MONTH * len(result.alarm_days) / days,
            "",
            _MONTH * low,
            _MONTH * high,
            note=f"{len(result.alarm_days)} of {days} days, all tables together",
        ),
        evidence.Value.share(
            "Clean batches with a comparison outside its range",
            result.outside,
            result.batches,
            f"{result.outside} of {result.batches}; {100 * bound:g} % by design",
        ),
    ]
    for fault in FAULTS:
        planted = result.planted[fault.name]
        if planted:
            aside = result.aside(fault.name) / planted
            note = f"{planted} planted, {aside:.0%} put aside"
            found = result.detected(fault.name)
            values.append(evidence.Value.share(f"Detected: {fault.name}", found, planted, note))
    if result.small:
        rows = config.reference.minimum_rows
        name = f"Detected: any of these, batches under {rows} rows"
        note = f"{result.small} planted; distributions of so few rows are not judged"
        values.append(evidence.Value.share(name, result.small_detected, result.small, note))
    return values


def _plot(result: Result, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    names = [fault.name for fault in FAULTS if result.planted[fault.name]][::-1]
    aside = [result.aside(name) / result.planted[name] for name in names]
    warned = [
        result.detected(name) / result.planted[name] - share
        for name, share in zip(names, aside, strict=True)
    ]
    left.barh(names, [100 * share for share in aside], color="#b3261e", label="put aside")
    left.barh(
        names,
        [100 * share for share in warned],
        left=[100 * share for share in aside],
        color="#f0a732",
        label="warned about",
    )
    left.set(xlabel="planted faults (%)", xlim=(0, 100))
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize="small", frameon=False)
    right.hist(result.nearest, bins=30, color="#2458c7")
    right.axvline(1, color="black", linestyle=":", label="limit")
    right.set(xlabel="largest distance / limit", ylabel="clean batches", xlim=(0, None))
    right.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
