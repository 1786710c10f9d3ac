"""Write bench/RESULTS.md from the records in bench/results; run it after a measurement."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
HEAD = """# Results

Written by `python bench/report.py` from the records in [results](results); each part says how to measure it again.
Timings are ratios against something that ran beside it on the same machine.
"""


def main() -> int:
    """Write the page, or with --check say whether it is current."""
    text = "\n".join(
        [HEAD, speed(_read("speed")), update(_read("update")), *(path.read_text(encoding="utf-8") for path in _texts())]
    )
    page = BENCH / "RESULTS.md"
    if "--check" in sys.argv:
        return int(page.read_text(encoding="utf-8") != text)
    page.write_text(text, encoding="utf-8")
    return 0


def speed(record: dict[str, Any]) -> str:
    """The section on the speed of the command line."""
    machine = record["machine"]
    rows = [
        f"| `{name}` | {1000 * row['cpu_s']:.0f} | {row['x_click']:.1f} | {_limit(name, record)} |"
        for name, row in record["rows"].items()
    ]
    missed = ", ".join(record["missed"])
    verdict = f"Missed: {missed}." if missed else "Every limit is kept."
    verdict += f" Of `new` and `add`, {record['rows']['import copier']['x_click']:.1f} is the import of Copier alone."
    return f"""## The command line

CPU time (user and system, children included) of whole processes, bytecode compiled, median of {record["rounds"]} rounds
in turn, as a multiple of `python -c "import click"`. `new` generates `model-serving` with a git repository
and its first commit ({record["files"]} files), `add` adds `load-test` to it, `copier copy` copies a plain template of
as many files.
{machine["cpus"]} cores, Python {machine["python"]}, {record["when"]}. Again: `make bench`.

| | CPU ms | x click | at most |
| --- | --- | --- | --- |
{chr(10).join(rows)}

{verdict}
"""


def update(record: dict[str, Any]) -> str:
    """The section on updating a project."""
    machine = record["machine"]
    rows = [
        f"| `{name}` | {1000 * row['cpu_s']:.0f} | {row['x_click']:.1f} | {_limit(name, record)} |"
        for name, row in record["rows"].items()
    ]
    missed = ", ".join(record["missed"])
    return f"""## Updating a project

The same {record["files"]} files for every tool, generated from the first version of a template and committed, three of
them edited and committed; the second version of the template changes ten, the three among them. CPU time as above,
median of {record["rounds"]} rounds in turn; every round checks that all ten are updated and the edits are still there.
{machine["cpus"]} cores, Python {machine["python"]}, {record["when"]}. Again: `make bench`.

| | CPU ms | x click | at most |
| --- | --- | --- | --- |
{chr(10).join(rows)}

{f"Missed: {missed}." if missed else "Every limit is kept."}
"""


def _limit(name: str, record: dict[str, Any]) -> str:
    return str(record["limits"].get(name, ""))


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((BENCH / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return data


def _texts() -> list[Path]:
    return sorted((BENCH / "results").glob("*.md"))


if __name__ == "__main__":
    sys.exit(main())
