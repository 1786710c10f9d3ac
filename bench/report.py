"""Write bench/RESULTS.md and its summary in README.md from the records in bench/results, after a measurement."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
_SERVICES = ("this project", "naive service", "mlflow models serve")
HEAD = """# Results

Written by `python bench/report.py` from the records in [results](results); each part says how to measure it again.
Timings are ratios against something that ran beside it on the same machine.
"""


def main() -> int:
    """Write the page, or with --check say whether it is current."""
    text = "\n".join(
        [HEAD, speed(_read("speed")), update(_read("update")), *(path.read_text(encoding="utf-8") for path in _texts())]
    )
    readme = BENCH.parent / "README.md"
    pages = {BENCH / "RESULTS.md": text, readme: summarised(readme.read_text(encoding="utf-8"))}
    if "--check" in sys.argv:
        return int(any(page.read_text(encoding="utf-8") != wanted for page, wanted in pages.items()))
    for page, wanted in pages.items():
        page.write_text(wanted, encoding="utf-8")
    return 0


def summarised(readme: str) -> str:
    """The README with the summary as the records have it now."""
    start, end = "<!-- measured -->\n", "<!-- /measured -->"
    head, mark, rest = readme.partition(start)
    _, closed, tail = rest.partition(end)
    if not (mark and closed):
        raise SystemExit(f"README.md has no {start.strip()} ... {end}")
    return f"{head}{start}{summary()}{end}{tail}"


def summary() -> str:
    """One row for each thing that is measured beside others: processor time, but for the passages found."""
    tool, update_ = _read("speed"), _read("update")
    cpu = {name: f"{1000 * row['cpu_s']:,.0f} ms" for name, row in (tool["rows"] | update_["rows"]).items()}
    served = {row["name"]: row["value"] / 1000 for row in _read("serving")["values"]}
    served = {name: f"{served[f'CPU per request, {name}']:.2g} ms" for name in _SERVICES}
    rag = _read("rag_quality")
    found = {row["name"]: f"{row['recall']:.1%}" for row in rag["rows"]}
    tutorial = next(name for name in found if name.startswith("starter"))
    size = [size for size in _read("pipeline_speed")["sizes"] if not size["only_features"]][-1]
    ways = {name: f"{way['features_s'] + way['training_s']:.0f} s" for name, way in size["ways"].items()}
    rows = [
        (
            "`--help`",
            cpu["scaffolder --help"],
            ("Cookiecutter", cpu["cookiecutter --help"]),
            ("Copier", cpu["copier --help"]),
        ),
        (
            f"a project of {tool['files']} files and its first commit",
            cpu["scaffolder new"],
            ("Copier, as many files and no commit", cpu["copier copy, as many files"]),
        ),
        (
            f"an update of {update_['files']} files, three of them edited",
            cpu["scaffolder update"],
            ("cruft", cpu["cruft update"]),
            ("Copier", cpu["copier update"]),
        ),
        (
            "`model-serving`: a prediction over HTTP",
            served["this project"],
            ("FastAPI with pandas and scikit-learn", served["naive service"]),
            ("`mlflow models serve`", served["mlflow models serve"]),
        ),
        (
            f"`rag-app`: the right passage among the first five, {rag['questions']:,} questions",
            found[rag["default"]],
            ("the splitter and vectors of tutorials, same embeddings", found[tutorial]),
        ),
        (
            f"`mlflow-pipeline`: features and a model from {size['asked']:,} payments",
            ways["project"],
            ("a bare Polars script", ways["polars"]),
            ("a bare pandas script", ways["pandas"]),
        ),
    ]
    lines = [f"| {what} | {here} | {', '.join(map(': '.join, others))} |" for what, here, *others in rows]
    return "\n".join(["| the same work | here | beside it |", "| --- | --- | --- |", *lines, ""])


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
