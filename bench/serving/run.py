"""Compare the service of a generated project with other ways to serve its model: run.py PROJECT.

PROJECT is a generated `model-serving` project after `make setup train`; its own `make compare-serving` measures. Its
record is copied to bench/results/serving.json and the section for RESULTS.md written to bench/results/serving.md.
With --keep the record that PROJECT already has is taken. Exit code 1 when a ratio is missed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "results"
SERVICES = ("this project", "naive service", "mlflow models serve", "static floor")
COLUMNS = ("CPU per request", "Throughput", "p50", "p99", "Resident memory")


@dataclass(frozen=True)
class Aim:
    """A ratio of processor time per request, and what it must reach."""

    ratio: str
    limit: float
    at_least: bool

    def reached(self, value: float) -> bool:
        """Whether the measured median is on the right side of the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


AIMS = (
    Aim("CPU per request, naive service / this project", 20, at_least=True),
    Aim("CPU per request, mlflow models serve / this project", 80, at_least=True),
    Aim("CPU per request, this project / static floor", 3, at_least=False),
)


def main(arguments: list[str]) -> int:
    """Measure, copy, write; return the exit code."""
    folders = [argument for argument in arguments if not argument.startswith("-")]
    if len(folders) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    project = Path(folders[0])
    if "--keep" not in arguments:
        subprocess.run(["make", "-C", str(project), "compare-serving"], check=True)
    record = json.loads((project / "evidence" / "comparison.json").read_text(encoding="utf-8"))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "serving.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    values = {value["name"]: value for value in record["values"]}
    (RESULTS / "serving.md").write_text(section(record, values), encoding="utf-8")
    return int(bool(missed(values)))


def missed(values: dict[str, Any]) -> list[str]:
    """What is not reached, in words."""
    found = [
        f"{aim.ratio} is {values[aim.ratio]['value']:.1f} ({'at least' if aim.at_least else 'at most'} {aim.limit:g})"
        for aim in AIMS
        if not aim.reached(values[aim.ratio]["value"])
    ]
    ours, *others = (values[f"p99, {name}"] for name in SERVICES[:3])
    # Medians of repeated runs: what is worse only within the noise of ours is not worse.
    best = ours["value"] if ours["low"] is None else ours["low"]
    worse = [other["name"] for other in others if other["value"] < best]
    return found + [f"{ours['name']} is worse than {name}" for name in worse]


def section(record: dict[str, Any], values: dict[str, Any]) -> str:
    """The section of RESULTS.md."""
    machine, busy, steady = record["hardware"], record["details"]["busy"], record["details"]["steady"]
    cells = [[_cell(values[f"{column}, {name}"]) for column in COLUMNS] for name in SERVICES]
    rows = "\n".join(f"| {name} | {' | '.join(row)} |" for name, row in zip(SERVICES, cells, strict=True))
    aims = "\n".join(
        f"| {aim.ratio} | {_cell(values[aim.ratio])} | {'at least' if aim.at_least else 'at most'} {aim.limit:g} |"
        for aim in AIMS
    )
    complaints = missed(values)
    verdict = f"Missed: {'; '.join(complaints)}." if complaints else "Every aim is reached."
    difference = values["Largest difference of probabilities"]["value"]
    rounds = len(record["details"]["rounds"][SERVICES[0]]["cpu_us"])
    return f"""## Serving

The model of a freshly generated `model-serving`, served by the project as in production (API key, limits, metrics,
decision log), by FastAPI with pandas and scikit-learn, and by `mlflow models serve` (one worker and one OpenMP thread
each), and a static answer from the same server as the floor. Same rows, client and machine; all probabilities were
compared first (largest difference {difference:.1g}).

CPU time and throughput: a closed loop of {busy["connections"]} users for {busy["duration"]:g} s.
Latency: {steady["rate"]:g} requests per second for {steady["duration"]:g} s, counted from when each was due.
Medians of {rounds} interleaved rounds with 95 % intervals.
{machine["cores"]} cores ({machine["cpu"]}), Python {machine["python"]}, {record["measured_at"][:10]}.
Again: `python bench/serving/run.py PROJECT`.

| | CPU us per request | requests/s | p50 ms | p99 ms | memory MiB |
| --- | --- | --- | --- | --- | --- |
{rows}

| ratio | measured | aim |
| --- | --- | --- |
{aims}

{verdict}
"""


def _cell(value: dict[str, Any]) -> str:
    interval = "" if value["low"] is None else f" ({_short(value['low'])} to {_short(value['high'])})"
    return _short(value["value"]) + interval


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
