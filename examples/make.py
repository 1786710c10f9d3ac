"""Render the examples again: `make examples`. What they measured stays, and is measured again with --measure.

An example is what `scaffolder new` writes, and the folder EVIDENCE, which `make evidence` wrote in it. The tables of
its README are made from that folder by the example's own code, so nothing else differs from a fresh render; a test
compares the two. Lock files, models and data are not committed: `make setup` and `make train` make them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Project -> the name that its example has. The folder is called like the project.
EXAMPLES = {
    "model-serving": "fraud-scoring",
    "rag-app": "docs-qa",
    "mlflow-pipeline": "payments-loop",
    "lora-finetune": "text2json",
}
#: Targets beside `make evidence` that measure something for the README.
ALSO = {"lora-finetune": ("seeds",), "model-serving": ("compare-serving",)}
#: The folder of an example that does not come from a render.
EVIDENCE = "evidence"
#: What a README says where nothing was measured.
EMPTY = "Not measured yet."
#: Answers that would otherwise depend on who makes the examples.
_AUTHOR = ("author_name=The scaffolder authors", "author_email=maintainers@example.org")
#: Makes the hash of a commit, which records name, depend on the files alone.
_COMMIT = {
    f"GIT_{who}_{key}": value
    for who in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "scaffolder"), ("EMAIL", "maintainers@example.org"), ("DATE", "2026-01-01T00:00:00Z"))
}


def build(project: str, folder: Path, evidence: Path) -> None:
    """Render an example into the new `folder`, with the records of `evidence` in its README.

    Raises:
        subprocess.CalledProcessError: the render failed, or a file in `evidence` is not a record.
    """
    new = [sys.executable, "-m", "scaffolder", "new", project, str(folder), "--defaults", "--no-git"]
    data = [f"--data={pair}" for pair in (f"project_name={EXAMPLES[project]}", *_AUTHOR)]
    _run([*new, *data], HERE.parent)
    if evidence.is_dir():
        shutil.copytree(evidence, folder / EVIDENCE)
    program = [sys.executable, "-m", EXAMPLES[project].replace("-", "_"), "evidence"]
    _run(program, folder, PYTHONPATH="src", PYTHONDONTWRITEBYTECODE="1")


def measure(project: str, folder: Path) -> None:
    """Set an example up in the new `folder`, with one commit, and run `make evidence` in it (minutes)."""
    build(project, folder, folder / "nothing")
    _run(["git", "init", "--quiet"], folder)
    _run(["git", "add", "--all"], folder)
    _run(["git", "commit", "--quiet", "--message", f"Start {EXAMPLES[project]}"], folder, **_COMMIT)
    subprocess.run(["make", "setup", "evidence", *ALSO.get(project, ())], cwd=folder, check=True)


def replace(project: str, made: Path) -> None:
    """Put what was made in the place of the committed example; files that git ignores stay."""
    target = HERE / project
    listed = subprocess.run(["git", "ls-files", "-z", "--", str(target)], cwd=HERE, capture_output=True, check=True)
    for path in filter(None, os.fsdecode(listed.stdout).split("\0")):
        (HERE / path).unlink(missing_ok=True)
    shutil.copytree(made, target, dirs_exist_ok=True)


def unmeasured(readme: str) -> int:
    """How many tables of a README have no record."""
    return readme.count(EMPTY)


def _run(command: list[str], folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()


def main() -> None:
    """Make the examples, all or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*", metavar="PROJECT", help=f"one of {', '.join(EXAMPLES)}; all by default")
    parser.add_argument("--measure", action="store_true", help="run make evidence again, on an idle machine")
    options = parser.parse_args()
    for project in options.projects or EXAMPLES:
        if project not in EXAMPLES:
            parser.error(f"there is no example of {project}")
        with tempfile.TemporaryDirectory() as scratch:
            evidence = HERE / project / EVIDENCE
            if options.measure:
                measure(project, Path(scratch, "measured"))
                evidence = Path(scratch, "measured", EVIDENCE)
            made = Path(scratch, EXAMPLES[project])
            build(project, made, evidence)
            replace(project, made)
        empty = unmeasured((HERE / project / "README.md").read_text(encoding="utf-8"))
        print(f"{project}: {f'{empty} tables of its README have no record yet' if empty else 'every table measured'}")


if __name__ == "__main__":
    main()
