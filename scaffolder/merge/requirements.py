"""Lists of requirements (PEP 508): the same package is the same item, however it is spelled."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

from scaffolder.merge.model import Items, Path, frozen

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


def normalised(name: str) -> str:
    """A distribution name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _key(item: Any) -> Hashable:
    """The package, and the marker under which it is required; other items (`{include-group = …}`) are plain values."""
    match = _NAME.match(item) if isinstance(item, str) else None
    if match is None:
        return frozen(item)
    return normalised(match[1]), _squeezed(item.partition(";")[2])


def _canonical(item: Any) -> Hashable:
    """A requirement without its spelling: case, blanks, quotes, the order of version clauses."""
    match = _NAME.match(item) if isinstance(item, str) else None
    if match is None:
        return frozen(item)
    version = _squeezed(item[match.end() :].partition(";")[0])
    extras, _, clauses = version.rpartition("]")
    return _key(item), extras.lower(), tuple(sorted(clauses.split(",")))


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).replace("'", '"')


def _implies(one: Any, other: Any) -> bool:
    """Whether every version that one requirement allows is allowed by the other: a pin, say, that was raised."""
    from scaffolder.foreign.requirement import parse, satisfies

    mine, new = (parse(item) if isinstance(item, str) else None for item in (one, other))
    return bool(mine and new and satisfies(mine, new))


REQUIREMENTS = Items(_key, _canonical, _implies)


def items_at(path: Path) -> Items | None:
    """`REQUIREMENTS` for the arrays of a pyproject.toml that list requirements."""
    names = ["", "", *(part for part in path if isinstance(part, str))]
    parent, last = names[-2:]
    listed = (
        parent in {"optional-dependencies", "dependency-groups"}
        or last == "dependencies"
        or last.endswith("-dependencies")
    )
    return REQUIREMENTS if listed or (parent, last) == ("build-system", "requires") else None
