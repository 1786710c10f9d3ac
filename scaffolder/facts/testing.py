"""How a repository is tested."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from scaffolder.facts.repository import Repository


@dataclass(frozen=True)
class Tests:
    """Folder and runner.

    Attributes:
        folder: with the tests; "" if there are none, "." if they lie in several places.
        runner: pytest, unittest or "" (no tests).
        config: the file that sets up pytest; "" if none does.
    """

    folder: str
    runner: Literal["pytest", "unittest", ""]
    config: str


def find(repository: Repository) -> Tests:
    """The folder that holds the test modules, and what runs them."""
    modules = repository.matching(r"(?:.*/)?(?:test_[^/]+|[^/]+_test)\.py")
    config = _config(repository)
    if not modules:
        return Tests("", "pytest" if config else "", config)
    tops = {path.split("/")[0] if "/" in path else "." for path in modules}
    for name in ("tests", "test"):
        if name in tops:
            tops = {name}
    return Tests(next(iter(tops)) if len(tops) == 1 else ".", _runner(repository, modules, config), config)


def _config(repository: Repository) -> str:
    for name in ("pytest.toml", "pytest.ini", ".pytest.ini"):
        if name in repository:
            return name
    if re.search(r"^\[tool\.pytest[.\]]", repository.text("pyproject.toml"), re.M):
        return "pyproject.toml"
    if repository.ini("tox.ini").has_section("pytest"):
        return "tox.ini"
    return "setup.cfg" if repository.ini("setup.cfg").has_section("tool:pytest") else ""


def _runner(repository: Repository, modules: list[str], config: str) -> Literal["pytest", "unittest"]:
    if config or repository.matching(r"(?:.*/)?conftest\.py"):
        return "pytest"
    texts = [repository.text(path) for path in modules]
    classes = sum("unittest" in text for text in texts)
    return "unittest" if classes == len(texts) else "pytest"
