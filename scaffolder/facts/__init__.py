"""Facts about a repository that somebody else made: read from its files, never by importing its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scaffolder.facts import application, delivery, members, metadata, packages, style, testing
from scaffolder.facts.application import Application
from scaffolder.facts.delivery import Delivery
from scaffolder.facts.metadata import Metadata
from scaffolder.facts.packages import Package
from scaffolder.facts.repository import Repository, has_python, root_of
from scaffolder.facts.style import Style
from scaffolder.facts.testing import Tests

__all__ = ["Facts", "Package", "find", "has_python", "root_of"]


@dataclass(frozen=True)
class Facts:
    """What was found; every family of facts has a module of its own.

    Attributes:
        packages: import packages at the top of the layout, the likeliest first.
        members: folders with projects of their own (a monorepo); what is in them is not counted here.
    """

    metadata: Metadata
    packages: tuple[Package, ...]
    applications: tuple[Application, ...]
    tests: Tests
    delivery: Delivery
    style: Style
    members: tuple[str, ...]

    def data(self) -> Mapping[str, Any]:
        """As JSON data."""
        return asdict(self)

    def rows(self, package: str) -> list[tuple[str, str]]:
        """As lines for a person: what, and what was found; `package` is the one that components join."""
        said, tests, delivery = self.metadata, self.tests, self.delivery
        others = [other.path for other in self.packages if other.path != package]
        apps = [
            f"{app.framework}: {app.variable}{'()' if app.factory else ''} in {app.path}" for app in self.applications
        ]
        rows = (
            ("name", said.name),
            ("package", ", ".join(filter(None, [package or "none chosen", *(f"also {path}" for path in others)]))),
            ("members", ", ".join(self.members)),
            ("built by", said.backend),
            ("python", said.python),
            ("dependencies", " ".join(filter(None, [said.home, said.lock_file and f"(locked by {said.lock_file})"]))),
            ("application", "; ".join(apps)),
            ("tests", f"{tests.runner} in {tests.folder}" if tests.folder else ""),
            ("ci", ", ".join(delivery.ci)),
            ("containers", ", ".join((*delivery.dockerfiles, *delivery.compose))),
            ("kubernetes", ", ".join(delivery.kubernetes)),
            ("style", f"{self.style.line_ends.upper()} line ends, indent {self.style.indent or 'unknown'}"),
        )
        return [(what, value or "none found") for what, value in rows if value or what != "members"]


def find(root: Path) -> Facts:
    """Read the facts of the repository at `root`; a file that cannot be read or parsed says nothing."""
    whole = Repository.read(root)
    inside = members.find(whole)
    repository = whole.without(inside)
    found = metadata.find(repository)
    return Facts(
        metadata=found,
        packages=packages.find(repository, found.name),
        applications=application.find(repository),
        tests=testing.find(repository),
        delivery=delivery.find(whole),
        style=style.find(repository),
        members=inside,
    )
