"""CPU time of the command line against `import click`, side by side.

Run: python bench/speed.py [--rounds N]. It installs the wheel into a fresh environment, runs every command once to
warm up (bytecode, file cache), then all of them in turn, N rounds, and compares medians. CPU time is user + system of
the process and all its children, so that a loaded machine matters little. The record goes to bench/results/speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"

#: What is promised: CPU at most so many times that of `import click`.
LIMITS = {
    "scaffolder --help": 1.5,
    "scaffolder --version": 1.5,
    "scaffolder list": 1.5,
    "scaffolder new": 13.0,
    "scaffolder add": 10.0,
}


def main() -> int:
    """Measure, print and record; 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="scaffolder-bench-") as folder:
        scratch = Path(folder)
        python = _install(scratch)
        cases = _cases(scratch, python)
        times: dict[str, list[float]] = {name: [] for name in cases}
        for turn in range(rounds + 1):
            for name, case in cases.items():
                seconds = case(turn)
                if turn:
                    times[name].append(seconds)
        files = int((scratch / "files").read_text())
    record = _record(times, rounds, files)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "speed.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))
    return 1 if record["missed"] else 0


def _record(times: dict[str, list[float]], rounds: int, files: int) -> dict[str, object]:
    rows = summary(times)
    missed = [name for name, limit in LIMITS.items() if rows[name]["x_click"] > limit]
    if rows["scaffolder new"]["cpu_s"] > rows["copier copy, as many files"]["cpu_s"]:
        missed.append("scaffolder new against copier copy")
    return {
        **machine(),
        "rounds": rounds,
        "files": files,
        "limits": LIMITS,
        "missed": missed,
        "rows": rows,
    }


def summary(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Medians in seconds, and as multiples of `import click`."""
    unit = statistics.median(times["import click"])
    return {
        name: {
            "cpu_s": round(statistics.median(seconds), 4),
            "min_s": round(min(seconds), 4),
            "x_click": round(statistics.median(seconds) / unit, 2),
        }
        for name, seconds in times.items()
    }


def machine() -> dict[str, object]:
    """When and on what the measurement was made."""
    facts = {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "system": platform.system(),
    }
    return {"when": time.strftime("%Y-%m-%d", time.gmtime()), "machine": facts}


def _install(scratch: Path, *more: str) -> Path:
    venv = scratch / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    python = venv / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", ROOT, *more],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    subprocess.run([python, "-m", "compileall", "-q", venv / "lib"], check=False, stdout=subprocess.DEVNULL)
    return python


def _cases(scratch: Path, python: Path) -> dict[str, Callable[[int], float]]:
    scaffolder = python.with_name("scaffolder")
    home = scratch / "home"
    home.mkdir()
    whole, project = scratch / "model-serving", scratch / "smaller"
    _cpu([scaffolder, "new", "model-serving", whole, "--defaults"], home)
    _cpu([scaffolder, "new", "model-serving", project, "--defaults", "--without", "load-test"], home)
    plain = _plain_template(scratch, whole)
    (scratch / "files").write_text(str(sum(1 for path in plain.rglob("*") if path.is_file()) - 1))

    def new(turn: int) -> float:
        return _cpu([scaffolder, "new", "model-serving", scratch / f"new-{turn}", "--defaults"], home)

    def copy(turn: int) -> float:
        return _cpu(
            [python.with_name("copier"), "copy", "--quiet", "--defaults", plain, scratch / f"copy-{turn}"], home
        )

    def add(turn: int) -> float:
        copied = scratch / f"add-{turn}"
        shutil.copytree(project, copied, symlinks=True)
        return _cpu([scaffolder, "add", "load-test", "--defaults", "-C", copied], home)

    simple = {
        "python -c pass": [python, "-c", "pass"],
        "import click": [python, "-c", "import click"],
        "import copier": [python, "-c", "import copier"],
        "scaffolder --help": [scaffolder, "--help"],
        "scaffolder --version": [scaffolder, "--version"],
        "scaffolder list": [scaffolder, "list"],
        "copier --help": [python.with_name("copier"), "--help"],
        "cookiecutter --help": [python.with_name("cookiecutter"), "--help"],
    }
    cases: dict[str, Callable[[int], float]] = {
        name: lambda _, command=command: _cpu(command, home) for name, command in simple.items()
    }  # type: ignore[misc]
    return cases | {"scaffolder new": new, "scaffolder add": add, "copier copy, as many files": copy}


def _plain_template(scratch: Path, project: Path) -> Path:
    """A Copier template with the files of a whole generated project and its name as a variable."""
    template = scratch / "plain"
    template.mkdir()
    (template / "copier.yml").write_text(
        "name:\n  type: str\n  default: model-serving\npackage:\n  type: str\n  default: model_serving\n"
    )
    files = subprocess.run(["git", "ls-files"], cwd=project, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for path in filter(None, files):
        source, target = project / path, template / (path.replace("model_serving", "{{ package }}") + ".jinja")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_file() and (text := _text(source)) is not None:
            body = text.replace("model_serving", "\0p").replace("model-serving", "\0n")
            target.write_text(
                "{% raw %}"
                + body.replace("\0p", "{% endraw %}{{ package }}{% raw %}").replace(
                    "\0n", "{% endraw %}{{ name }}{% raw %}"
                )
                + "{% endraw %}"
            )
    return template


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _cpu(command: list[object], home: Path, *, cwd: Path | None = None, status: int = 0) -> float:
    """User + system seconds of a command and the children that it waited for."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, ended, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(ended) != status:
        raise SystemExit(f"{' '.join(map(str, command))} failed: {said}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
