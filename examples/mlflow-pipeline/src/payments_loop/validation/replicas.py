"""Clean worlds of payments, for measuring the checks on more than one of them."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

from payments_loop.problem import Problem
from payments_loop.problem.load import read_problem

FIRST_SEED = 101


def replicas(problem: Problem, count: int, folder: Path) -> Sequence[Problem]:
    """Copy the problem with other seeds and without incidents.

    Args:
        problem: the payments; another problem has only itself to offer.
        count: how many copies.
        folder: where to put them.
    """
    if not (problem.folder / "world.toml").is_file():
        return [problem]
    return [_replica(problem, seed, folder) for seed in range(FIRST_SEED, FIRST_SEED + count)]


def _replica(problem: Problem, seed: int, folder: Path) -> Problem:
    copy = folder / str(seed) / problem.name
    shutil.copytree(problem.folder, copy)
    world = tomllib.loads((copy / "world.toml").read_text(encoding="utf-8"))
    world |= {"seed": seed, "incidents": False}
    lines = (f"{key} = {_toml(value)}" for key, value in world.items())
    (copy / "world.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_problem(copy)


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
