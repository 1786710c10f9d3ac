"""Measure features and training of a generated project against Polars and pandas: speed.py PROJECT [--rows N ...].

PROJECT is a generated `mlflow-pipeline` after `make setup`. For each number of rows (default: 1,000,000 and 10,000,000)
its generator makes half a year of payments; the project, a straight Polars script and the pandas way compute the same
features from them, and the first two fit the same LightGBM, each in a process of its own, in turn. What pandas made is
not trained on: it is the same matrix in the same NumPy arrays, so its training is that of Polars. Every sum of every
feature must agree. Then a run of the whole pipeline is repeated without news. The record is written to
bench/results/pipeline_speed.json. Exit code 1 when an aim is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from math import isclose
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "results"
WAYS = ("project", "polars", "pandas")
#: Processor time over that of Polars; how often pandas takes that of the project; GiB; processor seconds.
AIMS = {"of_polars": 1.2, "pandas_times": 3.0, "peak_gib": 6.0, "unchanged_s": 3.0}
LARGE = 10_000_000
DAY = "2026-04-15"
REPEATS = 3


def main(arguments: Sequence[str]) -> int:
    """Measure, write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument(
        "--features-only", type=int, nargs="*", default=[], help="how it grows: the project alone, without training"
    )
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--data", type=Path, help="folder that keeps the rows for another time")
    chosen = parser.parse_args(arguments)
    root = chosen.project.absolute()
    with tempfile.TemporaryDirectory() as made:
        data = chosen.data or Path(made)
        sizes = [measured(root, data / str(rows), rows, chosen.ways) for rows in chosen.rows]
        only = [measured(root, data / str(rows), rows, WAYS[:1], "features") for rows in chosen.features_only]
    record: dict[str, Any] = {"sizes": sizes + only, "unchanged": unchanged(root), "aims": AIMS}
    record["missed"] = missed(record)
    record["machine"] = hardware(root)
    record["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    print(json.dumps(record, indent=2))
    (RESULTS / "pipeline_speed.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "pipeline_speed.md").write_text(section(record), encoding="utf-8")
    return int(bool(record["missed"]))


def measured(root: Path, folder: Path, rows: int, ways: Sequence[str], *options: str) -> dict[str, Any]:
    """Each way on the same rows; they are made where `folder` has none."""
    package = package_of(root)
    found: dict[str, Any] = {}
    if not (folder / "reports.parquet").exists():
        folder.mkdir(parents=True)
        script(root, "prepare.py", package, str(folder), str(rows))
    for way in ways:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        chosen = {*options, "features"} if way == "pandas" else options
        found[way] = json.loads(script(root, "one.py", way, package, str(folder), *chosen))
        print(rows, way, found[way], file=sys.stderr)
    if "pandas" in found and "polars" in found:
        found["pandas"]["training_s"] = found["polars"]["training_s"]
    first, *others = found
    for other in others:
        for name, total in found[first]["sums"].items():
            if not isclose(total, found[other]["sums"][name], rel_tol=1e-6):
                raise SystemExit(f"{first} and {other} disagree about {name}")
    for one in found.values():
        del one["sums"]
    return {"asked": rows, "only_features": bool(options), "ways": found}


def unchanged(root: Path) -> float:
    """Processor seconds of a run of the whole pipeline for which nothing has changed; the median."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config", "problems"):
            Path(folder, name).symlink_to(root / name)
        program = root / ".venv/bin" / root.name
        environment = os.environ | {"APP_PROBLEM": "payments"}
        command = [str(program), "pipeline", "run", "--as-of", DAY]
        used = []
        for _ in range(1 + REPEATS):
            before = children()
            subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
            used.append(children() - before)
    print("runs", used, file=sys.stderr)
    return statistics.median(used[1:])


def children() -> float:
    """Processor seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def script(root: Path, name: str, *arguments: str) -> str:
    """What a script beside this one prints, run in the project's environment."""
    command = [str(root / ".venv/bin/python"), str(HERE / name), *arguments]
    # Threads of LightGBM that wait would burn processor time on a busy machine.
    environment = os.environ | {"OMP_WAIT_POLICY": "passive"}
    return subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def package_of(root: Path) -> str:
    """Name of the project's package."""
    return next((root / "src").glob("*/cli.py")).parent.name


def hardware(root: Path) -> dict[str, Any]:
    """As the project's own evidence describes it."""
    code = f"import json, {package_of(root)}.evidence as e; print(json.dumps(e.hardware()))"
    command = [str(root / ".venv/bin/python"), "-c", code]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def total(way: dict[str, Any]) -> float:
    """Processor seconds of features and training."""
    return float(way["features_s"] + way["training_s"])


def missed(record: dict[str, Any]) -> list[str]:
    """What is not reached, in words."""
    found = []
    for size in record["sizes"]:
        ways, rows = size["ways"], f"{size['asked']:,} rows"
        ours = ways["project"]
        if size["only_features"]:
            continue  # shows how cost grows
        if ours["peak_gib"] > AIMS["peak_gib"]:
            found.append(f"{ours['peak_gib']:.1f} GiB for {rows} (at most {AIMS['peak_gib']:g})")
        if "polars" in ways and total(ours) > AIMS["of_polars"] * total(ways["polars"]):
            ratio = total(ours) / total(ways["polars"])
            found.append(f"{ratio:.2f} times Polars for {rows} (at most {AIMS['of_polars']:g})")
        if "pandas" in ways and total(ways["pandas"]) < AIMS["pandas_times"] * total(ours):
            ratio = total(ways["pandas"]) / total(ours)
            found.append(f"pandas takes {ratio:.2f} times as long for {rows} (at least {AIMS['pandas_times']:g})")
    if max(size["asked"] for size in record["sizes"]) < LARGE:
        found.append(f"{LARGE:,} rows were not measured")
    if record["unchanged"] > AIMS["unchanged_s"]:
        found.append(f"a run without news takes {record['unchanged']:.1f} s (at most {AIMS['unchanged_s']:g})")
    return found


def section(record: dict[str, Any]) -> str:
    """The section of RESULTS.md."""
    lines = [
        f"| {size['asked']:,} | {way} | {one['features_s']:.1f} | "
        f"{'' if size['only_features'] else format(one['training_s'], '.1f')} | {one['peak_gib']:.1f} |"
        for size in record["sizes"]
        for way, one in size["ways"].items()
    ]
    machine = record["machine"]
    verdict = f"Missed: {'; '.join(record['missed'])}." if record["missed"] else "Every aim is reached."
    return f"""## Features and training

Half a year of payments out of the generator of a generated `mlflow-pipeline`: its point-in-time features from the lake
and its training (bold), a straight Polars script and the pandas way, from Parquet, with the same LightGBM. The project
also checks its input and output, compares fifty decisions with the SQL, keeps days for later, hashes what it saw, fits
a baseline, exports to ONNX and compares the export with LightGBM. Sums of every feature agree. Training after pandas is
that after Polars: its input is the same. More rows than were trained on show how cost and memory grow.
Processor seconds, each way in a process of its own; a busy machine adds to them: compare within a table.
A run of the whole pipeline without news takes {record["unchanged"]:.1f} s of processor time.
{machine["cores"]} cores ({machine["cpu"]}), Python {machine["python"]}, {record["measured_at"][:10]}.
Again: `python bench/pipeline/speed.py PROJECT`.

| payments | | features s | training s | peak GiB |
| --- | --- | --- | --- | --- |
{chr(10).join(lines).replace("| project |", "| **project** |")}

{verdict}
"""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
