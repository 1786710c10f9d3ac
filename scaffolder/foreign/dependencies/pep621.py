"""The [project] table, with PEP 735 groups, or extras or poetry's or pdm's groups where the project has those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scaffolder.foreign.dependencies.declared import PYPROJECT, Declared, Place, Placed, filled, toml
from scaffolder.foreign.dependencies.tables import poetry_groups

#: What projects call the extra with what developers need, the likeliest first.
EXTRAS = ("dev", "develop", "development", "test", "tests", "testing")


def place(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """PEP 621, with PEP 735 groups, or extras or poetry's or pdm's groups where the project has those."""
    data = toml(texts)
    project = data.get("project", {})
    placed, file = Placed(), Place(PYPROJECT)
    lines = placed.lacking(declared.runtime, file.at("project", "dependencies"), project.get("dependencies", []))
    table: dict[str, Any] = {"dependencies": lines}
    there = project.get("optional-dependencies", {})
    extras = declared.optional
    fragment: dict[str, Any] = {}
    poetry, pdm = (data.get("tool", {}).get(name, {}) for name in ("poetry", "pdm"))
    extra = next((name for name in EXTRAS if name in there), None)
    if "group" in poetry:
        fragment["tool"] = {"poetry": {"group": poetry_groups(placed, {"dev": declared.development}, poetry)}}
    elif "dependency-groups" not in data and "dev-dependencies" in pdm:
        there_in_pdm = file.at("tool", "pdm", "dev-dependencies")
        development = placed.groups({"dev": declared.development}, there_in_pdm, pdm["dev-dependencies"])
        fragment["tool"] = {"pdm": {"dev-dependencies": development}}
    elif "dependency-groups" not in data and extra and "uv" not in data.get("tool", {}):
        extras = {extra: declared.development, **extras}
    else:
        fragment["dependency-groups"] = _groups(placed, declared.groups, data.get("dependency-groups", {}))
        extras = declared.extras
    table["optional-dependencies"] = placed.groups(extras, file.at("project", "optional-dependencies"), there)
    if declared.scripts:
        table["scripts"] = {k: v for k, v in declared.scripts.items() if k not in project.get("scripts", {})}
    placed.fragments[PYPROJECT] = [{"project": filled(table), **filled(fragment)}]
    return placed


def _groups(
    placed: Placed, groups: Mapping[str, Sequence[Any]], there: Mapping[str, Sequence[Any]]
) -> dict[str, list[Any]]:
    result: dict[str, list[Any]] = {}
    for name, items in groups.items():
        plain = [item for item in items if not isinstance(item, str) and item not in there.get(name, [])]
        place = Place(PYPROJECT, ("dependency-groups", name))
        ours = (item for item in items if isinstance(item, str))
        result[name] = [*placed.lacking(ours, place, there.get(name, [])), *plain]
    return result
