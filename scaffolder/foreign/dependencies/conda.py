"""The environment.yml of conda: what components need is installed by pip in that environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scaffolder.foreign import requirement
from scaffolder.foreign.dependencies.declared import Declared, Place, Placed
from scaffolder.foreign.dependencies.setuptools import optional_files

FILES = ("environment.yml", "environment.yaml")
#: Packages that conda calls otherwise than the Python Package Index does.
_OTHERWISE = {"pytorch": "torch"}


def place(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Put everything into the list `pip` of the environment: conda may not know the packages, or other versions."""
    import yaml

    path = next(path for path in FILES if path in texts)
    listed = yaml.load(texts[path], yaml.BaseLoader)["dependencies"]  # noqa: S506 (makes texts only)
    place = Place(path, ("dependencies",))
    known = [(place.of(item), one) for item in listed if isinstance(item, str) for one in by_name([item]).values()]
    packages = {item.name for _, item in known}
    for index, table in enumerate(listed):
        for item in table.get("pip", []) if isinstance(table, dict) else ():
            known += [(place.at(index, "pip").of(item), one) for one in requirement.by_name([item]).values()]
    placed = optional_files(declared)
    if lines := placed.missing([*declared.runtime, *declared.development], known):
        pip: list[Any] = [] if "pip" in packages else ["pip"]
        placed.fragments[path] = [{"dependencies": [*pip, {"pip": lines}]}]
    return placed


def by_name(texts: Iterable[str]) -> dict[str, Requirement]:
    """Specifications of conda (`numpy=1.26`, `conda-forge::scipy>=1.9`) as requirements by normalised name."""
    found: dict[str, Requirement] = {}
    for text in texts:
        match = re.match(r"(?:[^:]+::)?([A-Za-z0-9_.-]+?)\s*([=<>!~ ].*)?$", text.strip())
        if match:
            name = canonicalize_name(match[1])
            name = canonicalize_name(_OTHERWISE.get(name, name))
            found[name] = _requirement(name, match[2] or "")
    return found


def _requirement(name: str, version: str) -> Requirement:
    version = version.strip()
    if one := re.fullmatch(r"=?\s*(\d[\w.]*)(\.\*)?(=.*)?", version):  # `=1.26` is any 1.26
        version = f"=={one[1]}.*"
    elif exact := re.fullmatch(r"==([^=]+)(=.*)?", version):
        version = f"=={exact[1]}"
    try:
        return Requirement(f"{name}{version}")
    except InvalidRequirement:
        return Requirement(name)
