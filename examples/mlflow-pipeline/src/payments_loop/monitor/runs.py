"""How the pipeline's runs went, from the records that it leaves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from payments_loop.monitor.finding import Findings

FOLDER = Path("data") / "pipeline" / "runs"
_STAMP = "%Y%m%dT%H%M%SZ"
FAILED = "failed"


@dataclass(frozen=True)
class Run:
    """One step of one run of the pipeline.

    Attributes:
        step: its name.
        as_of: the moment that the run looked from.
        outcome: `done`, `idle` (nothing to do) or `failed`.
        seconds: it took.
        started: when it began, by the clock on the wall.
        verdict: of the step `gate`; empty for others.
        error: why it failed.
    """

    step: str
    as_of: datetime
    outcome: str
    seconds: float
    started: datetime
    verdict: str
    error: str


def read(
    folder: Path = FOLDER, *, until: datetime | None = None, newest: int | None = None
) -> list[Run]:
    """The steps of all runs, oldest first; damaged records are left out.

    Args:
        folder: of the records.
        until: runs that looked from a later moment are left out.
        newest: only so many runs, the newest.
    """
    moments = sorted(
        (moment, path) for path in folder.glob("*Z") if (moment := _moment(path)) is not None
    )
    if until is not None:
        moments = [(moment, path) for moment, path in moments if moment <= until]
    chosen = moments if newest is None else moments[-newest:]
    return [run for moment, path in chosen for run in _steps(moment, path)]


def _moment(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.name, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _steps(moment: datetime, folder: Path) -> Iterator[Run]:
    for path in sorted(folder.glob("*.json")):
        try:
            facts = json.loads(path.read_bytes())
            yield Run(
                step=facts["step"],
                as_of=moment,
                outcome=facts["outcome"],
                seconds=float(facts["seconds"]),
                started=datetime.fromisoformat(facts["started"]),
                verdict=str((facts.get("result") or {}).get("verdict", "")),
                error=str(facts.get("error") or ""),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue


def examine(runs: list[Run]) -> Findings:
    """Report the steps whose newest run failed."""
    found = Findings()
    newest = {run.step: run for run in runs}
    failures = Counter(run.step for run in runs if run.outcome == FAILED)
    for step, run in newest.items():
        found.measure("failed_runs", failures[step], step=step)
        if run.outcome == FAILED:
            detail = f"run of {run.as_of:%Y-%m-%d %H:%M}: {run.error or 'no reason was recorded'}"
            found.problem("run_failed", step, "alarm", detail)
    return found
