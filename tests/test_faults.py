"""Interrupt whole commands at many moments: the project is as before or as after, never between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaffolder import project, workflow
from scaffolder.catalog import Catalog
from scaffolder.tree import Tree, read_tree

MOMENTS = 12


def start(*arguments: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "scaffolder", *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(*arguments: object) -> float:
    began = time.monotonic()
    assert start(*arguments).wait() == 0
    return time.monotonic() - began


def state(root: Path) -> Tree | None:
    return read_tree(root) if root.exists() else None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_new_interrupted_at_many_moments(tmp_path: Path, number: signal.Signals) -> None:
    whole = seconds("new", "package", tmp_path / "whole", "--defaults", "--no-git", "-d", "project_name=shop")
    after = state(tmp_path / "whole")
    for moment in range(MOMENTS):
        root = tmp_path / f"{moment}" / "shop"
        process = start("new", "package", root, "--defaults", "--no-git")
        time.sleep(whole * (0.3 + 0.75 * moment / MOMENTS))
        process.send_signal(number)
        process.wait()
        found = state(root)
        if number != signal.SIGKILL:
            assert found in (None, after)
        elif found not in (None, after):
            assert start("new", "package", root, "--defaults", "--no-git").wait() == 0, (
                "the next run restores and goes on"
            )
            assert state(root) == after


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_add_interrupted_at_many_moments(tmp_path: Path, number: signal.Signals, bundled: Catalog) -> None:
    original = tmp_path / "original"
    workflow.carry_out(workflow.new(bundled, "package", original, data={"project_name": "shop"}))
    (original / "mine.txt").write_text("mine\n")
    before = state(original)
    shutil.copytree(original, tmp_path / "whole")
    whole = seconds("add", "model-bundle", "--defaults", "-C", tmp_path / "whole")
    after = state(tmp_path / "whole")
    for moment in range(MOMENTS):
        root = tmp_path / f"{moment}"
        shutil.copytree(original, root)
        process = start("add", "model-bundle", "--defaults", "-C", root)
        time.sleep(whole * (0.3 + 0.75 * moment / MOMENTS))
        process.send_signal(number)
        process.wait()
        if number == signal.SIGKILL:
            assert start("diff", "--json", "-C", root).wait() == 0, "any next command restores the project"
        assert state(root) in (before, after)


def test_two_commands_at_once(tmp_path: Path, bundled: Catalog) -> None:
    root = tmp_path / "shop"
    workflow.carry_out(workflow.new(bundled, "package", root, data={}))
    both = [start("add", name, "--defaults", "-C", root) for name in ("model-bundle", "security")]
    codes = sorted(process.wait() for process in both)
    components = project.find(root).lock.components
    assert codes[0] == 0
    assert set(components) - {"base"}, "at least one went through"
    assert len(components) - 1 == codes.count(0), "and each that said so did"
