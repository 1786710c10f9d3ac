"""CPU time of `scaffolder update` against `copier update` and `cruft update`, side by side on the same files.

Run: python bench/update.py [--rounds N]. Every tool gets a project of the same 60 files from the first version of a
template, three of them edited and committed, and brings it to the second version, in which ten files changed.
CPU time is user + system of the process and all its children. The record goes to bench/results/update.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from speed import RESULTS, _cpu, _install, machine, summary

#: What is promised: CPU at most so many times that of `import click`.
LIMITS = {"scaffolder update": 15.0}
FILES, CHANGED, EDITED = 60, 10, 3
NAME, PACKAGE = "fraud-scoring", "fraud_scoring"


def main() -> int:
    """Measure, print and record; 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="scaffolder-bench-") as folder:
        scratch = Path(folder)
        python = _install(scratch, "cruft>=2.16,<3")
        cases = _cases(scratch, python)
        times: dict[str, list[float]] = {name: [] for name in cases}
        for turn in range(rounds + 1):
            for name, case in cases.items():
                seconds = case(turn)
                if turn:
                    times[name].append(seconds)
    rows = summary(times)
    record = {
        **machine(),
        "rounds": rounds,
        "files": FILES,
        "limits": LIMITS,
        "missed": [name for name, limit in LIMITS.items() if rows[name]["x_click"] > limit],
        "rows": rows,
    }
    (RESULTS / "update.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))
    return 1 if record["missed"] else 0


def _cases(scratch: Path, python: Path) -> dict[str, Callable[[int], float]]:
    home = scratch / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = A\n\temail = a@example.org\n[init]\n\tdefaultBranch = main\n")
    tools = {name: python.with_name(name) for name in ("scaffolder", "copier", "cruft")}

    def run(*command: object, cwd: Path = scratch) -> None:
        environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(home), "LANG": "C.UTF-8"}
        subprocess.run(list(map(str, command)), cwd=cwd, env=environment, check=True, capture_output=True)

    catalogue = _catalogue(scratch, tools["scaffolder"], run)
    ours = scratch / "with-scaffolder" / NAME
    run(tools["scaffolder"], "new", "package", ours, "--defaults", "--with", "bench", "--catalog", f"own={catalogue}")
    texts = {path: (ours / path).read_text() for path in _listed(ours)}
    assert len(texts) == FILES + 1, f"{len(texts)} files and not {FILES} and the lock"
    texts.pop("scaffolder.lock")
    theirs = _copier(scratch, texts, tools["copier"], run), _cruft(scratch, texts, tools["cruft"], run)
    for root in (ours, *theirs):
        for number in range(EDITED):
            with (root / f"src/{PACKAGE}/part_{number}.py").open("a") as file:
                file.write("MINE = 1\n")
        run("git", "add", "-A", cwd=root)
        run("git", "commit", "-qm", "mine", "--allow-empty", cwd=root)
    _second_version(catalogue / "components/bench/project/src/my_project")

    def update(root: Path, *command: object) -> Callable[[int], float]:
        def measured(turn: int) -> float:
            copied = scratch / f"{root.parent.name}-{turn}" / NAME
            shutil.copytree(root, copied, symlinks=True)
            subprocess.run(["git", "status"], cwd=copied, check=True, capture_output=True)  # refreshes the index
            seconds = _cpu(list(command), home, cwd=copied)
            for number in range(CHANGED):
                text = (copied / f"src/{PACKAGE}/part_{number}.py").read_text()
                assert "VALUE = 2\n" in text, f"{command}: not updated"
                assert (number < EDITED) == ("MINE = 1\n" in text), f"{command}: the edit is lost"
            shutil.rmtree(copied.parent)
            return seconds

        return measured

    return {
        "import click": lambda _: _cpu([python, "-c", "import click"], home),
        "import copier": lambda _: _cpu([python, "-c", "import copier"], home),
        "scaffolder update": update(ours, tools["scaffolder"], "update", "--defaults"),
        "scaffolder update --check": update_check(ours, tools["scaffolder"], home),
        "cruft update": update(theirs[1], tools["cruft"], "update", "--skip-apply-ask"),
        "copier update": update(theirs[0], tools["copier"], "update", "--defaults", "--quiet"),
    }


def update_check(root: Path, scaffolder: Path, home: Path) -> Callable[[int], float]:
    """Whether anything is new, which changes nothing."""
    return lambda _: _cpu([scaffolder, "update", "--check"], home, cwd=root, status=1)


def _catalogue(scratch: Path, scaffolder: Path, run: Callable[..., None]) -> Path:
    """A catalogue whose component makes up for what `package` has less than 60 files."""
    run(scaffolder, "new", "package", scratch / "plain" / NAME, "--defaults")
    missing = FILES - (len(_listed(scratch / "plain" / NAME)) - 1)
    component = scratch / "catalogue/components/bench"
    package = component / "project/src/my_project"
    package.mkdir(parents=True)
    (component / "component.toml").write_text('summary = "Files"\n')
    base = Path(__file__).resolve().parents[1] / "templates/components/base/copier.yml"
    (component / "copier.yml").write_text(base.read_text().split("\ndescription:")[0] + "\n")
    for number in range(missing):
        (package / f"part_{number}.py").write_text(_part(number, 1))
    return scratch / "catalogue"


def _part(number: int, version: int) -> str:
    return f'"""Part {number} of my-project."""\n\nVALUE = {version}\n\n' + "".join(
        f"\ndef function_{line}() -> int:\n    return {line}\n\n" for line in range(20)
    )


def _second_version(package: Path) -> None:
    for number in range(CHANGED):
        path = package / f"part_{number}.py"
        path.write_text(path.read_text().replace("VALUE = 1", "VALUE = 2"))


def _copier(scratch: Path, texts: Mapping[str, str], copier: Path, run: Callable[..., None]) -> Path:
    template = scratch / "copier-template"
    _write(template, texts, ".jinja", "{{ package }}", "{{ name }}")
    (template / "copier.yml").write_text(
        f"name:\n  type: str\n  default: {NAME}\npackage:\n  type: str\n  default: {PACKAGE}\n"
    )
    (template / "{{ _copier_conf.answers_file }}.jinja").write_text("{{ _copier_answers | to_nice_yaml }}")
    _commit(template, run, "v1.0.0")
    root = scratch / "with-copier" / NAME
    run(copier, "copy", "--defaults", "--quiet", "--vcs-ref", "v1.0.0", f"git+file://{template}", root)
    _commit(root, run)
    for number in range(CHANGED):
        path = template / f"src/{{{{ package }}}}/part_{number}.py.jinja"
        path.write_text(path.read_text().replace("VALUE = 1", "VALUE = 2"))
    _commit(template, run, "v2.0.0")
    return root


def _cruft(scratch: Path, texts: Mapping[str, str], cruft: Path, run: Callable[..., None]) -> Path:
    template, variable = scratch / "cruft-template", "{{cookiecutter.name}}"
    package = "{{cookiecutter.package}}"
    _write(template / variable, texts, "", package, variable)
    (template / "cookiecutter.json").write_text(json.dumps({"name": NAME, "package": PACKAGE}))
    _commit(template, run)
    (scratch / "with-cruft").mkdir()
    run(cruft, "create", "--no-input", "--output-dir", scratch / "with-cruft", f"file://{template}")
    root = scratch / "with-cruft" / NAME
    _commit(root, run)
    for number in range(CHANGED):
        path = template / variable / "src" / package / f"part_{number}.py"
        path.write_text(path.read_text().replace("VALUE = 1", "VALUE = 2"))
    _commit(template, run)
    return root


def _write(folder: Path, texts: Mapping[str, str], suffix: str, package: str, name: str) -> None:
    for path, text in texts.items():
        if path == ".copier-answers.yml" and suffix:
            continue  # its own
        target = folder / (path.replace(PACKAGE, package) + suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        body = text.replace(PACKAGE, "\0p").replace(NAME, "\0n")
        for mark, variable in (("\0p", package), ("\0n", name)):
            body = body.replace(mark, "{% endraw %}" + variable + "{% raw %}")
        target.write_text("{% raw %}" + body + "{% endraw %}")


def _commit(root: Path, run: Callable[..., None], tag: str = "") -> None:
    run("git", "init", "-q", cwd=root)
    run("git", "add", "-A", cwd=root)
    run("git", "commit", "-qm", "x", cwd=root)
    if tag:
        run("git", "tag", tag, cwd=root)


def _listed(root: Path) -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
