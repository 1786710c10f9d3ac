"""Monorepos: folders inside with a project of their own."""

from __future__ import annotations

from pathlib import PurePosixPath

from scaffolder.facts.repository import Repository


def find(repository: Repository) -> tuple[str, ...]:
    """The outermost folders below the root that have metadata of a package."""
    folders = sorted(
        str(PurePosixPath(path).parent)
        for path in repository.matching(r".+/(pyproject\.toml|setup\.py)")
        if _is_project(repository, path)
    )
    found: list[str] = []
    for folder in folders:
        if folder not in found and not any(folder.startswith(f"{other}/") for other in found):
            found.append(folder)
    return tuple(found)


def _is_project(repository: Repository, path: str) -> bool:
    if any(part in {"tests", "test", "docs", "examples", "templates", "template"} for part in path.split("/")):
        return False
    if path.endswith("setup.py"):
        return "setup(" in repository.text(path)
    data = repository.toml(path)
    return bool(data.get("project") or data.get("tool", {}).get("poetry") or data.get("build-system"))
