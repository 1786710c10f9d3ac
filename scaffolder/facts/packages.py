"""The import packages of a repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scaffolder.facts.repository import Repository

_NO_PACKAGES = {
    "test", "tests", "testing", "doc", "docs", "example", "examples", "script", "scripts", "tool", "tools", "bin",
    "notebook", "notebooks", "data", "config", "configs", "conf", "ci", "deploy", "deployment", "benchmark",
    "benchmarks", "bench", "alembic", "migrations", "site", "assets", "models", "reports", "logs", "outputs", "src",
}  # fmt: skip


@dataclass(frozen=True)
class Package:
    """An import package and its folder, such as `shop` in `src/shop`."""

    name: str
    path: str

    @property
    def parent(self) -> str:
        """The folder that must be on Python's path; "." for the root."""
        return self.path.rpartition("/")[0] or "."


def find(repository: Repository, name: str) -> tuple[Package, ...]:
    """Packages in `src/`, `lib/` or at the top; the one called like the distribution first, then the largest."""
    found = list(_declared(repository)) or list(_seen(repository))
    wanted = re.sub(r"[-_.]+", "_", name).lower()

    def rank(package: Package) -> tuple[bool, int, str]:
        files = sum(path.startswith(f"{package.path}/") and path.endswith(".py") for path in repository.paths)
        return package.name.lower() != wanted, -files, package.path

    return tuple(sorted(found, key=rank))


def _declared(repository: Repository) -> Iterator[Package]:
    """What poetry and hatch are told where it is not where they would look."""
    tool = repository.toml("pyproject.toml").get("tool", {})
    for entry in tool.get("poetry", {}).get("packages", []) if isinstance(tool, dict) else []:
        if isinstance(entry, dict) and isinstance(entry.get("include"), str):
            path = "/".join(filter(None, [str(entry.get("from", "")), entry["include"]])).strip("/")
            if f"{path}/__init__.py" in repository:
                yield Package(path.rpartition("/")[2], path)


def _seen(repository: Repository) -> Iterator[Package]:
    if "src/__init__.py" in repository:  # `from src.models import ...`, as many templates have it
        yield Package("src", "src")
        return
    for pattern in (r"(?:src|lib|python)/([A-Za-z_]\w*)/__init__\.py", r"([A-Za-z_]\w*)/__init__\.py"):
        found = [path.removesuffix("/__init__.py") for path in repository.matching(pattern)]
        packages = [Package(path.rpartition("/")[2], path) for path in found if path not in _NO_PACKAGES]
        packages = [package for package in packages if package.name not in _NO_PACKAGES or "/" in package.path]
        if packages:
            yield from packages
            return
