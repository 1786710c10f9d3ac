"""Every component that a repository of the zoo can take, all at once: their tests and ours; prints a table.

    python tests/zoo_matrix.py [REPOSITORY...] [--tests FOLDER...] [--in FOLDER] [--python PROGRAM]

Minutes for each repository, so `make zoo` runs it and CI does not.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import zoo
from zoo_life import CATALOG, UV, installed, join

from scaffolder import facts, project
from scaffolder.catalog import BASE
from scaffolder.errors import InputError
from scaffolder.foreign import needs, requirement
from scaffolder.tree import Tree, read_tree

#: These bring PyTorch.
LARGE = {"base-model", "sft-data", "lora-training", "llm-eval", "llm-serving"}
#: What a person may be told to edit, and what components share.
SHARED = {"pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "Pipfile", "environment.yml", "README.md",
          ".gitignore", ".pre-commit-config.yaml", "docs/guide.md", "uv.lock", "tests/conftest.py"}  # fmt: skip


def live(name: str, folder: Path, tests: Iterable[str], python: str) -> list[str]:
    """One repository: the cells of its row."""
    package = "pipeline" if name == "scripts" else ""
    root = zoo.write(name, folder / name)
    before = read_tree(root)
    theirs = [path for path in before if path.rpartition("/")[2].startswith("test_") and path.endswith(".py")]
    adopted = project.find_or_adopt(root, package, {})
    assert adopted.lock.foreign
    able = needs.applicable(CATALOG, root, facts.find(root), adopted.lock.foreign)
    names = [component for component in able if component not in LARGE]
    refused = ", ".join(sorted(set(CATALOG.components) - {*able, BASE})) or "none"
    if not names:
        return [name, "0", refusal(root, package), "", ""]
    join(root, names, package)
    changed = changes(before, read_tree(root))
    assert changed <= SHARED | {application.path for application in facts.find(root).applications}, changed
    if (root / "uv.lock").exists():
        subprocess.run([UV, "lock", "--quiet"], cwd=root, check=True)
    python = python or interpreter(facts.find(root).metadata.python)
    environment = folder / f"environment-{''.join(filter(str.isalnum, python))}"
    environment.mkdir(exist_ok=True)
    run = installed(root, python, environment)
    if adopted.lock.foreign.home != "requirements" and facts.find(root).metadata.backend:
        run(UV, "pip", "install", "--quiet", "--no-deps", "--python", ".venv/bin/python", "--editable", ".")
    cells = [name, str(len(names)), refused]
    for paths in (theirs, [path for path in tests if (root / path).exists()]):
        try:
            said = run(".venv/bin/python", "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider", *paths)
        except AssertionError as error:
            said = str(error)
            print(f"--- {name}: {' '.join(paths)}\n{said}", file=sys.stderr, flush=True)
        cells.append(next((line for line in reversed(said.splitlines()) if " in " in line), "no summary"))
    shutil.rmtree(root)
    return cells


def interpreter(allowed: str) -> str:
    """What runs this, if a range of versions has it; else whichever uv finds in the range."""
    return sys.executable if requirement.specifier(allowed).contains(platform.python_version()) else allowed


def refusal(root: Path, package: str) -> str:
    """Why nothing can be added."""
    try:
        join(root, ["drift"], package)
    except InputError as error:
        return " ".join(error.why.split())
    raise AssertionError("it can be")


def changes(before: Tree, after: Tree) -> set[str]:
    """Their files that are not as they were."""
    return {path for path in before if after.get(path) != before[path]}


def main() -> None:
    """Print a Markdown table, a row per repository as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="REPOSITORY", help="all of the zoo if none is given")
    parser.add_argument("--tests", nargs="+", default=["tests/unit", "tests/property"], metavar="FOLDER")
    parser.add_argument("--in", dest="folder", type=Path, help="where the repositories are made")
    parser.add_argument("--python", default="", help="the interpreter, not one that each allows")
    options = parser.parse_args()
    print("| repository | components | refused | its tests | theirs |\n| --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory(prefix="zoo-", dir=options.folder) as folder:
        for name in options.names or zoo.NAMES:
            print("|", " | ".join(live(name, Path(folder), options.tests, options.python)), "|", flush=True)


if __name__ == "__main__":
    main()
