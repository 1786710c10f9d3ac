"""The names that requests can have under `model`, and what answers under each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from text2json.api.routing import challenged

BASE = "base"
AUTO = "auto"


@dataclass(frozen=True)
class Lineup:
    """What is served.

    Attributes:
        versions: of the adapters that are loaded.
        aliases: names for some of them.
    """

    versions: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def roots(self) -> dict[str, str | None]:
        """Every name, and the version behind it; None is the base model."""
        found: dict[str, str | None] = {BASE: None, AUTO: self.aliases.get("champion")}
        found |= {alias: self.aliases[alias] for alias in sorted(self.aliases)}
        return found | {version: version for version in sorted(self.versions)}

    def resolve(self, name: str, caller: str, share: float) -> str | None:
        """The version that answers `caller` under `name`; None is the base model.

        Under `auto`, the challenger answers a share of the callers, always the same ones as long as
        it is challenger; the champion answers the others, or the base model while there is none.

        Raises:
            KeyError: there is no such name.
        """
        challenger = self.aliases.get("challenger")
        if name == AUTO and challenger and challenged(caller, challenger, share):
            return challenger
        return self.roots()[name]


def shown(version: str | None) -> str:
    """What a version is called in answers and metrics."""
    return BASE if version is None else version
