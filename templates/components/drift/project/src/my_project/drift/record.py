"""The evidence record of the drift detector: the study's results as a table and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from my_project import evidence
from my_project.bundle import Bundle
from my_project.drift.detector import (
    MINIMUM_ROWS,
    PSI_THRESHOLD,
)
from my_project.drift.study import (
    ALARM_ROWS,
    ALARM_WINDOWS_PER_SEED,
    SEED,
    SHIFTS,
    STEP,
    WINDOW,
    Delays,
    Floats,
    delays,
    false_alarms,
    mean_interval,
)

PLOT = Path(evidence.FOLDER) / "drift.png"
ALT = (
    "Left: share of windows without drift that raise an alarm, against the size of the window. "
    "Right: PSI against rows since a shift began, for four sizes of shift."
)


def write(bundle: Bundle, repetitions: int, root: Path = Path()) -> Path:
    """Measure both, plot them and write the evidence record.

    Args:
        bundle: the model whose reference is used.
        repetitions: seeds per shift, and a tenth of the windows per window size.
        root: root of the project.

    Returns:
        The path of the record.
    """
    seeds = range(repetitions)
    windows = repetitions * ALARM_WINDOWS_PER_SEED
    alarms = {rows: false_alarms(bundle, rows, seeds) for rows in ALARM_ROWS}
    measured = [delays(bundle, shift, seeds) for shift in SHIFTS]
    values = [_alarm_value(rows, count, windows, bundle) for rows, count in alarms.items()]
    for one in measured:
        values += _delay_values(one)
    _plot(alarms, windows, measured, root / PLOT)
    return evidence.write(
        "drift",
        f"Drift detector (PSI > {PSI_THRESHOLD:g})",
        values,
        command="my-project drift measure",
        seed=SEED,
        data_sha256=bundle.manifest.data_sha256,
        plots=[evidence.Plot(PLOT.as_posix(), ALT)],
        details={
            "model_version": bundle.version,
            "window_rows": WINDOW,
            "rows_between_evaluations": STEP,
            "repetitions": repetitions,
            "delay_rows": {str(one.shift): _finite(one.rows) for one in measured},
        },
        root=root,
    )


def _alarm_value(rows: int, count: int, windows: int, bundle: Bundle) -> evidence.Value:
    gate = "" if rows >= MINIMUM_ROWS else "; such windows are not judged"
    name = f"False alarms, windows of {rows} rows"
    note = f"any of {len(bundle.features)} features, {windows} windows{gate}"
    return evidence.Value.share(name, count, windows, note)


def _delay_values(measured: Delays) -> list[evidence.Value]:
    found = measured.rows[np.isfinite(measured.rows)]
    seeds = len(measured.rows)
    name = f"Detected, shift of {measured.shift:g} sd"
    note = f"within {2 * WINDOW} rows, {seeds} seeds"
    detected = evidence.Value.share(name, len(found), seeds, note)
    if len(found) < seeds / 2:
        return [detected]
    low, high = mean_interval(found)
    delay = evidence.Value(
        f"Delay, shift of {measured.shift:g} sd",
        float(found.mean()),
        "rows",
        low,
        high,
        note=(
            f"mean of {len(found)} detected; {found.mean() / WINDOW:.2f} windows, "
            f"at most {found.max():.0f} rows"
        ),
    )
    return [detected, delay]


def _finite(rows: Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in rows]


def _plot(alarms: dict[int, int], windows: int, measured: Sequence[Delays], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    sizes = list(alarms)
    shares = np.array([alarms[rows] / windows for rows in sizes])
    bounds = np.array([evidence.wilson(alarms[rows], windows) for rows in sizes]).T
    errors = np.abs(bounds - shares)
    left.errorbar(sizes, 100 * shares, yerr=100 * errors, marker="o", capsize=4)
    left.axvline(MINIMUM_ROWS, color="grey", linestyle=":", label="judged from here on")
    left.set(xscale="log", xlabel="rows in the window", ylabel="windows with a false alarm (%)")
    left.legend()
    for one in measured:
        rows = STEP * np.arange(1, one.paths.shape[1] + 1)
        line = right.plot(rows, one.paths.mean(axis=0), label=f"{one.shift:g} sd")[0]
        band = np.quantile(one.paths, [0.05, 0.95], axis=0)
        right.fill_between(rows, *band, color=line.get_color(), alpha=0.2, linewidth=0)
    right.axhline(PSI_THRESHOLD, color="grey", linestyle=":", label="alert")
    right.set(yscale="log", xlabel="rows since the shift", ylabel="PSI (mean, 5 to 95 %)")
    right.legend(ncols=2, fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
