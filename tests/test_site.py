"""The documentation is built strictly from what it describes, and every link in it leads somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder import catalog
from scaffolder.cli.main import cli
from scaffolder.walkthrough import load_all

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))

pytest.importorskip("zensical")


def test_the_site_builds_and_has_everything() -> None:
    done = subprocess.run([sys.executable, "docs/build.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    site = ROOT / "build/site"
    components = (site / "reference/components.html").read_text(encoding="utf-8")
    assert all(f'id="{name}"' in components or f"id={name}" in components for name in catalog.load().components)
    commands = (site / "reference/commands.html").read_text(encoding="utf-8")
    for name in cli.list_commands(cli.make_context("scaffolder", ["list"], resilient_parsing=True)):
        assert f"Usage: scaffolder {name}" in commands
    for name in load_all():
        assert (site / f"walkthroughs/{name}.html").exists()
    projects = (site / "projects.html").read_text(encoding="utf-8")
    for name, item in catalog.load().projects.items():
        assert not item.components or f"architecture-{name}.svg" in projects, f"{name}: draw it in docs/architecture.py"
    assert all(name in (site / "index.html").read_text(encoding="utf-8") for name in catalog.load().projects)


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    from build import broken_links

    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(
        '<h1 id="top"></h1><a href="sub/a.html#here"></a><a href="#top"></a><a href=https://x.org></a>'
        '<a href="sub/a.html#gone"></a><img src="no.png"><a href="#nowhere"></a>'
    )
    (tmp_path / "sub/a.html").write_text('<h2 id="here"></h2><a href="../index.html"></a>')
    assert broken_links(tmp_path) == ["index.html -> #nowhere", "index.html -> no.png", "index.html -> sub/a.html#gone"]
