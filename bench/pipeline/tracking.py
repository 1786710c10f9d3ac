"""Measure what recording an experiment in MLflow costs: tracking.py PROJECT.

PROJECT is a generated `mlflow-pipeline` after `make setup`. In a folder of its own a fresh lake is filled from the
generator, then the experiment of one night runs again and again as the pipeline runs it, with tracking in SQLite: the
first run also imports MLflow and creates the store. The record is written to bench/results/pipeline_tracking.json.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
REPEATS = 5


def main(root: Path) -> int:
    """Measure, write."""
    from speed import RESULTS, hardware, package_of

    command = [str(root / ".venv/bin/python"), __file__, str(root), package_of(root)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    record = json.loads(done.stdout) | {"machine": hardware(root)}
    record["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    print(json.dumps(record, indent=2))
    (RESULTS / "pipeline_tracking.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "pipeline_tracking.md").write_text(section(record), encoding="utf-8")
    return 0


def inside(root: Path, package: str) -> dict[str, Any]:
    """The same in the project's environment: processor seconds of the first run and the median of later ones."""
    run = import_module(f"{package}.experiment.run")
    workspace = import_module(f"{package}.pipeline.workspace")
    ingest = import_module(f"{package}.lake").ingest
    spent: list[float] = []

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            began = seconds()
            try:
                return function(*arguments, **more)
            finally:
                spent.append(seconds() - began)

        return call

    @contextmanager
    def recording(*arguments: Any, **more: Any) -> Iterator[Any]:
        manager = opened(*arguments, **more)
        opening, closing = counted(manager.__enter__), counted(manager.__exit__)
        record = opening()
        object.__setattr__(record, "finish", counted(record.finish))
        yield record
        closing(None, None, None)

    opened, run.recording = run.recording, recording
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config", "problems"):
            Path(folder, name).symlink_to(root / name)
        with chdir(folder):
            work = workspace.Workspace()
            ingest(work.problem, work.lake, AS_OF, say=lambda _: None)
            for number in range(1 + REPEATS):
                spent.clear()
                began = seconds()
                connect = counted(import_module(f"{package}.tracking").connect)
                found = run.run(
                    work.problem, work.lake, as_of=AS_OF, until=work.training_end(AS_OF), name=f"night-{number}",
                    tracking=connect(), plots=False,
                )  # fmt: skip
                runs.append({"whole_s": seconds() - began, "tracking_s": sum(spent), "rows": found.rows})
    first, later = runs[0], runs[1:]
    median = {key: statistics.median(one[key] for one in later) for key in first}
    return {"first": first, "later": median, "repeats": len(later)}


def seconds() -> float:
    """Processor seconds of this process so far, its threads included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def section(record: dict[str, Any]) -> str:
    """The section of RESULTS.md."""
    first, later, machine = record["first"], record["later"], record["machine"]
    return f"""## Tracking

An experiment of a generated `mlflow-pipeline` on {later["rows"]:,.0f} rows, recorded in MLflow on SQLite: parameters,
figures, which rows, environment, and the model with its signature. Processor seconds, of the first run of a process
(which imports MLflow and creates the store) and the median of {record["repeats"]} later ones.
{machine["cores"]} cores ({machine["cpu"]}), Python {machine["python"]}, {record["measured_at"][:10]}.
Again: `python bench/pipeline/tracking.py PROJECT`.

| | experiment s | of it tracking s | share |
| --- | --- | --- | --- |
| first | {first["whole_s"]:.1f} | {first["tracking_s"]:.1f} | {first["tracking_s"] / first["whole_s"]:.0%} |
| later | {later["whole_s"]:.1f} | {later["tracking_s"]:.2f} | {later["tracking_s"] / later["whole_s"]:.0%} |
"""


if __name__ == "__main__":
    if len(sys.argv) > 2:  # in the project's environment
        print(json.dumps(inside(Path(sys.argv[1]), sys.argv[2])))
    else:
        raise SystemExit(main(Path(sys.argv[1]).absolute()))
