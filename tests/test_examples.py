"""The committed examples are what the tool generates today, with what they measured of themselves."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder import catalog

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "examples"))

from make import EVIDENCE, EXAMPLES, build  # noqa: E402


def committed(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Files that git has, relative to `folder`: content, and whether they can be executed."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=folder, capture_output=True, text=True, check=True).stdout
    return {path: content(folder / path) for path in listed.split("\0") if (folder / path).is_file()}


def content(path: Path) -> tuple[bytes, bool]:
    return path.read_bytes(), bool(path.stat().st_mode & 0o100)


@pytest.mark.parametrize("project", EXAMPLES)
def test_an_example_equals_a_fresh_render_with_its_evidence(project: str, tmp_path: Path) -> None:
    here = ROOT / "examples" / project
    fresh = tmp_path / EXAMPLES[project]
    build(project, fresh, here / EVIDENCE)
    made = {str(path.relative_to(fresh)): content(path) for path in fresh.rglob("*") if path.is_file()}
    there = committed(here)
    differing = sorted(path for path in made.keys() | there.keys() if made.get(path) != there.get(path))
    assert not differing, f"run make examples, and commit: {len(differing)} files differ, such as {differing[:5]}"


@pytest.mark.parametrize("project", EXAMPLES)
def test_an_example_shows_what_it_measured(project: str) -> None:
    here = ROOT / "examples" / project
    if not (here / EVIDENCE).exists():
        pytest.skip(f"not measured yet: make examples MEASURE={project}, on an idle machine")
    readme = (here / "README.md").read_text(encoding="utf-8")
    assert f"]({EVIDENCE}/" in readme
    assert re.search(rf"!\[[^\]]+\]\({EVIDENCE}/", readme), "a picture"
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", readme):
        assert target.startswith("http") or (here / target).exists(), target


@pytest.mark.parametrize("project", EXAMPLES)
def test_what_a_page_says_in_short_is_in_its_record(project: str) -> None:
    here = ROOT / "examples" / project
    heads = re.findall(r"<!-- evidence:([a-z0-9_-]+): (.+) -->", (here / "README.md").read_text(encoding="utf-8"))
    assert heads
    for name, rows in heads:
        if (record := here / EVIDENCE / f"{name}.json").exists():  # else it says that nothing was measured
            names = [value["name"] for value in json.loads(record.read_text(encoding="utf-8"))["values"]]
            assert all(fnmatch.filter(names, row) for row in rows.split("; ")), rows


def test_every_project_but_the_bare_one_has_an_example() -> None:
    assert EXAMPLES.keys() == {item.name for item in catalog.load().projects.values() if item.components}
