"""Requirements (PEP 508), and whether two of the same package allow a common version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version


def parse(text: str) -> Requirement | None:
    """A requirement, or None for what is none (options of pip, addresses, comments)."""
    try:
        return Requirement(re.split(r"\s(?:#|--|\\$)", text)[0].strip())
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
    """Whether some version fulfils both."""
    try:
        candidates = _candidates(one, other)
    except InvalidVersion:
        return True
    return any(one.contains(item, prereleases=True) and other.contains(item, prereleases=True) for item in candidates)


def within(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether every version that `one` allows fulfils `other`."""
    try:
        candidates = _candidates(one, other)
    except InvalidVersion:
        return True
    return all(other.contains(item, prereleases=True) for item in candidates if one.contains(item, prereleases=True))


def _candidates(*sets: SpecifierSet) -> list[Version]:
    """Versions that stand for all: the bounds, what comes right before and after each, and the ends."""
    found = [Version("0"), Version("999999")]
    for clause in (clause for one in sets for clause in one):
        version = Version(clause.version.removesuffix(".*"))
        release = [*version.release, 0, 0][: max(3, len(version.release))]
        found += [version, Version(f"{'.'.join(map(str, release))}.1")]
        while release and not release[-1]:
            release.pop()
        if release:
            found.append(Version(".".join(map(str, [*release[:-1], release[-1] - 1, 999999]))))
    return found


def satisfies(theirs: Requirement, ours: Requirement) -> bool:
    """Whether whatever fulfils `theirs` fulfils `ours`; what comes from an address is taken to."""
    return bool(theirs.url) or (theirs.extras >= ours.extras and within(theirs.specifier, ours.specifier))


def together(theirs: Requirement, ours: Requirement) -> Requirement:
    """A requirement that allows what both do: of the clauses, those that another does not imply."""
    added = [clause for clause in ours.specifier if not within(theirs.specifier, SpecifierSet(str(clause)))]
    rest = SpecifierSet(",".join(map(str, added)))
    kept = [clause for clause in theirs.specifier if not within(rest, SpecifierSet(str(clause)))]
    both = Requirement(str(theirs))
    both.extras = theirs.extras | ours.extras
    both.specifier = SpecifierSet(",".join(map(str, [*kept, *added])))
    return both


def written(item: Requirement, like: str = "") -> str:
    """A requirement, lower bounds first, with what follows the versions in `like`."""
    extras = f"[{','.join(sorted(item.extras))}]" if item.extras else ""
    rest = re.search(r"\s*;.*|\s+(?:#|--).*", like)
    return f"{item.name}{extras}{versions(item)}{rest[0] if rest else ''}"


def versions(item: Requirement) -> str:
    """Its clauses: lower bounds, exceptions, upper bounds."""
    return ",".join(sorted(map(str, item.specifier), key=lambda clause: (clause[0] in "!<", clause[0] == "<", clause)))


def poetry(requirement: Requirement) -> str | Mapping[str, Any]:
    """A requirement as poetry's tables write it."""
    version = versions(requirement) or "*"
    more: dict[str, Any] = {}
    if requirement.extras:
        more["extras"] = sorted(requirement.extras)
    if requirement.marker:
        more["markers"] = str(requirement.marker)
    return {"version": version, **more} if more else version
