import shutil
from pathlib import Path

from payments_loop.payments import load_world
from payments_loop.problem.load import read_problem
from payments_loop.validation.replicas import (
    FIRST_SEED,
    replicas,
)

PAYMENTS = Path(__file__).parents[2] / "problems" / "payments"


def test_replicas_are_clean_worlds_with_seeds_of_their_own(tmp_path: Path) -> None:
    problem = read_problem(PAYMENTS)
    worlds = [load_world(one.folder) for one in replicas(problem, 2, tmp_path)]
    assert [world.seed for world in worlds] == [FIRST_SEED, FIRST_SEED + 1]
    assert all(world.incidents == () for world in worlds)
    assert {world.per_day for world in worlds} == {load_world(PAYMENTS).per_day}


def test_another_problem_has_only_itself(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(PAYMENTS, folder)
    (folder / "world.toml").unlink()
    problem = read_problem(folder)
    assert replicas(problem, 2, tmp_path) == [problem]
