"""The build step that decides which files get into an image besides the code."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "docker" / "collect_files.py"
Select = Callable[[Path, Path], dict[str, str]]
Collect = Callable[[Path, Path, list[str]], None]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def select(script: dict[str, Any]) -> Select:
    function: Select = script["select"]
    return function


@pytest.fixture(scope="module")
def collect(script: dict[str, Any]) -> Collect:
    function: Collect = script["collect"]
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


def test_refuses_bundles_that_nothing_names(select: Select, tmp_path: Path) -> None:
    models = make_models(tmp_path / "models", {}, "v1")
    (models / "aliases.json").unlink()
    with pytest.raises(ValueError, match="no champion"):
        select(models, tmp_path / "out")


def test_other_models_go_along_whole(select: Select, tmp_path: Path) -> None:
    models = make_models(tmp_path / "models", {"champion": "v1"}, "v1", "v2")
    (models / "embedding" / "tokens").mkdir(parents=True)
    (models / "embedding" / "tokens" / "vocabulary.txt").write_text("a")
    select(models, tmp_path / "out")
    assert (tmp_path / "out/embedding/tokens/vocabulary.txt").read_text() == "a"
    assert (tmp_path / "out/v1").is_dir()
    assert not (tmp_path / "out/v2").exists()


def test_project_without_models_takes_along_what_is_named(
    collect: Collect,
    tmp_path: Path,
) -> None:
    context = tmp_path / "context"
    (context / "config").mkdir(parents=True)
    (context / "config" / "search.toml").write_text("k = 5")
    (context / "config" / "other.toml").write_text("")
    (context / "config" / "search.toml").chmod(0o600)
    collect(context, tmp_path / "out", ["config/search.toml"])
    copied = tmp_path / "out" / "config" / "search.toml"
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == [copied]
    assert copied.stat().st_mode & 0o777 == 0o644


def test_nothing_to_take_along_gives_an_empty_folder(collect: Collect, tmp_path: Path) -> None:
    collect(tmp_path, tmp_path / "out", [])
    assert list((tmp_path / "out").iterdir()) == []


def test_refuses_to_build_without_what_is_named(collect: Collect, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with pytest.raises(ValueError, match=r"missing: models/embedding; `make image` makes it"):
        collect(tmp_path, tmp_path / "out", ["models/embedding"])


def test_contents_are_lines_without_comments(script: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "contents.list"
    file.write_text("# Why\n\nmodels/embedding \nconfig/search.toml\n")
    assert script["contents"](file) == ["models/embedding", "config/search.toml"]
