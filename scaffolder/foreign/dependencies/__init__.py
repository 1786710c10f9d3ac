"""What components declare in pyproject.toml, put where a repository keeps it (pure): one module per form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scaffolder.facts.metadata import Home
from scaffolder.foreign import requirement
from scaffolder.foreign.dependencies import bounds, conda, pep621, setuptools, tables
from scaffolder.foreign.dependencies.declared import PYPROJECT, Declared, Placed, collect, toml
from scaffolder.foreign.dependencies.pep621 import EXTRAS
from scaffolder.foreign.dependencies.setuptools import SOURCES

__all__ = ["EXTRAS", "FILES", "PYPROJECT", "SOURCES", "place", "tightened"]

#: Every file in which dependencies may be declared.
FILES = (
    PYPROJECT, "setup.cfg", "setup.py", tables.PIPFILE, *conda.FILES, *setuptools.RUNTIME, *setuptools.DEVELOPMENT,
    *SOURCES,
)  # fmt: skip


def place(fragments: Sequence[Mapping[str, Any]], home: Home, texts: Mapping[str, str]) -> Placed:
    """Put what `fragments` add to pyproject.toml where the repository keeps such things.

    A package that is declared already stays as it is, if every version that is allowed there is one that ours allow;
    else its line is tightened to those.

    Args:
        home: where dependencies are kept.
        texts: the repository's own files, by path, as far as they are in `FILES`.

    Raises:
        InputError: the repository and a component want versions that exclude each other.
    """
    declared = collect(fragments)
    placed = _HOMES[home](declared, texts)
    bounds.tighten(placed, texts)
    theirs = toml(texts).get("tool", {})
    tools = {name: table for name, table in declared.tools.items() if name in theirs}
    if "pytest" in tools and "ini_options" in theirs["pytest"]:
        tools["pytest"] = _as_ini_options(tools["pytest"], theirs["pytest"]["ini_options"])
    if tools and PYPROJECT in texts:
        placed.fragments.setdefault(PYPROJECT, []).append({"tool": tools})
    return placed


def tightened(placed: Placed) -> list[tuple[str, str, str]]:
    """Each requirement of theirs that was tightened: the file, what it was and what it is, as a person reads them."""
    written = requirement.written
    return [(place.path, written(item.was), written(item.now)) for place, item in placed.loose.items()]


def _as_ini_options(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings of pytest in its older table, beside which it takes no other; what is one string there stays theirs."""
    return {"ini_options": {key: value for key, value in ours.items() if isinstance(theirs.get(key, value), list)}}


_HOMES: Mapping[Home, Callable[[Declared, Mapping[str, str]], Placed]] = {
    "project": pep621.place,
    "poetry": tables.place_poetry,
    "pipfile": tables.place_pipfile,
    "setup.cfg": setuptools.place_setup_cfg,
    "setup.py": setuptools.place_setup_py,
    "requirements": setuptools.place_requirements,
    "conda": conda.place,
    "": setuptools.place_requirements,
}
