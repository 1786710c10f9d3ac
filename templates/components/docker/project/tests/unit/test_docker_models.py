"""The build step that decides which model versions get into an image."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "docker" / "select_models.py"
Select = Callable[[Path, Path], dict[str, str]]


@pytest.fixture(scope="module")
def select() -> Select:
    found: Any = runpy.run_path(str(SCRIPT))["select"]
    function: Select = found
    return function


def make_models(folder: Path, aliases: dict[str, str], *versions: str) -> Path:
    for version in versions:
        (folder / version).mkdir(parents=True)
        (folder / version / "bundle.json").write_text(version)
    (folder / "aliases.json").write_text(json.dumps(aliases))
    return folder


def test_copies_champion_and_challenger_and_leaves_the_rest(
    select: Select,
    tmp_path: Path,
) -> None:
    aliases = {"champion": "v3", "challenger": "v4", "previous": "v2"}
    models = make_models(tmp_path / "models", aliases, "v1", "v2", "v3", "v4")
    assert select(models, tmp_path / "out") == {"champion": "v3", "challenger": "v4"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "aliases.json",
        "v3",
        "v4",
    ]
    written = json.loads((tmp_path / "out" / "aliases.json").read_text())
    assert written == {"champion": "v3", "challenger": "v4"}
    assert (tmp_path / "out" / "v3" / "bundle.json").read_text() == "v3"


def test_one_version_may_have_both_aliases(select: Select, tmp_path: Path) -> None:
    models = make_models(tmp_path / "models", {"champion": "v1", "challenger": "v1"}, "v1")
    assert set(select(models, tmp_path / "out").values()) == {"v1"}


@pytest.mark.parametrize("aliases", [{}, {"challenger": "v1"}])
def test_refuses_to_build_without_a_champion(
    select: Select,
    tmp_path: Path,
    aliases: dict[str, str],
) -> None:
    models = make_models(tmp_path / "models", aliases, "v1")
    with pytest.raises(ValueError, match="no champion"):
        select(models, tmp_path / "out")


def test_refuses_an_alias_of_a_missing_version(select: Select, tmp_path: Path) -> None:
    models = make_models(tmp_path / "models", {"champion": "v9"}, "v1")
    with pytest.raises(ValueError, match="champion names 'v9'"):
        select(models, tmp_path / "out")
