"""What is installed is what was reviewed: dependencies are bounded, and locked with hashes."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


def requirements() -> list[Requirement]:
    project = load("pyproject.toml")
    texts = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for group in project["dependency-groups"].values():
        texts += [entry for entry in group if isinstance(entry, str)]
    return [Requirement(text) for text in sorted(set(texts))]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_a_dependency_has_a_lower_and_an_upper_bound(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators & {"==", "~="} or (operators & {">=", ">"} and operators & {"<", "<="})
    assert requirement.url is None, "a URL is not bound to a version"


def test_every_locked_file_has_a_hash() -> None:
    packages = load("uv.lock")["package"]
    from_index = [package for package in packages if "registry" in package["source"]]
    assert from_index
    for package in from_index:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        for file in files:
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]), package["name"]


def test_everything_comes_from_a_package_index_except_the_project_itself() -> None:
    own = canonicalize_name(load("pyproject.toml")["project"]["name"])
    other = [
        package["name"]
        for package in load("uv.lock")["package"]
        if "registry" not in package["source"]
    ]
    assert other == [own]


def test_the_lock_knows_every_declared_dependency() -> None:
    locked = {package["name"] for package in load("uv.lock")["package"]}
    build = {Requirement(text).name for text in load("pyproject.toml")["build-system"]["requires"]}
    declared = {canonicalize_name(requirement.name) for requirement in requirements()}
    assert declared - build <= locked
