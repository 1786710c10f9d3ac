"""Requirements (PEP 508), and whether two of the same package allow a common version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version


def parse(text: str) -> Requirement | None:
    """A requirement, or None for what is none (options of pip, addresses, comments)."""
    try:
        return Requirement(text.partition(" #")[0].strip())
    except InvalidRequirement:
        return None


def by_name(texts: Iterable[Any]) -> dict[str, Requirement]:
    """Requirements by their normalised name; of several of a package, the last."""
    found = [parse(text) for text in texts if isinstance(text, str)]
    return {canonicalize_name(item.name): item for item in found if item}


def specifier(text: str) -> SpecifierSet:
    """A set of clauses; text that is none allows everything."""
    try:
        return SpecifierSet("" if text.strip() == "*" else text)
    except InvalidSpecifier:
        return SpecifierSet()


def common(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether some version fulfils both: tried are the bounds, and what follows right after each."""
    clauses = [*one, *other]
    if not clauses:
        return True
    candidates: list[Version] = [Version("0")]
    for clause in clauses:
        try:
            version = Version(clause.version.removesuffix(".*"))
        except InvalidVersion:
            return True
        release = ".".join(map(str, (*version.release, 0, 0)[: max(3, len(version.release))]))
        candidates += [version, Version(f"{release}.1")]
    return any(one.contains(item, prereleases=True) and other.contains(item, prereleases=True) for item in candidates)


def poetry(requirement: Requirement) -> str | Mapping[str, Any]:
    """A requirement as poetry's tables write it."""
    version = ",".join(sorted(map(str, requirement.specifier), key=lambda clause: clause.startswith("<"))) or "*"
    more: dict[str, Any] = {}
    if requirement.extras:
        more["extras"] = sorted(requirement.extras)
    if requirement.marker:
        more["markers"] = str(requirement.marker)
    return {"version": version, **more} if more else version
