"""The vocabulary of structural merges: paths, edits, conflicts, and when two values are the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Keys of mappings are strings; numbers are positions in a list.
Path = tuple[str | int, ...]
Key = Callable[[Any], Hashable]

MISSING: Any = type("Missing", (), {"__repr__": lambda _: "MISSING"})()


@dataclass(frozen=True, slots=True)
class Items:
    """How the items of a list are told apart.

    Attributes:
        key: equal for two items that are versions of the same thing; None for an item that it does not apply to.
        canonical: equal for two items that say the same.
        implies: whether the first says all that the second does, so that it can stay where both sides changed it.
    """

    key: Key
    canonical: Key
    implies: Callable[[Any, Any], bool] = lambda _one, _other: False


#: How to treat the list at a path; None where nothing special is known.
ItemsAt = Callable[[Path], Items | None]


@dataclass(frozen=True, slots=True)
class Put:
    """Set the value at `path`, new or not; the mapping that holds it exists."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove a key from its mapping."""

    path: Path


@dataclass(frozen=True, slots=True)
class Change:
    """Change a list; positions are those before the edit.

    Attributes:
        inserted: before the item at that position.
    """

    path: Path
    replaced: Mapping[int, Any]
    removed: frozenset[int]
    appended: tuple[Any, ...]
    inserted: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)

    def made(self, items: Sequence[Any]) -> list[Any]:
        """The list that `items` become."""
        result: list[Any] = []
        for index, item in enumerate(items):
            result += self.inserted.get(index, ())
            if index not in self.removed:
                result.append(self.replaced.get(index, item))
        return [*result, *self.appended]


Edit = Put | Drop | Change


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed the value at `key` differently; the values are as shown to a person."""

    key: str
    ours: str
    theirs: str | None  # None: it removes the value


@dataclass(slots=True)
class Outcome:
    """The merged data, the edits that turn ours into it, and where ours was kept against theirs."""

    data: Any
    edits: list[Edit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def frozen(value: Any, ordered: bool = True) -> Hashable:
    """A hashable stand-in that is equal for equal data only: `1`, `1.0` and `true` differ, NaN equals NaN."""
    if isinstance(value, dict):
        return ("mapping", frozenset((key, frozen(item, ordered)) for key, item in value.items()))
    if isinstance(value, list):
        items = [frozen(item, ordered) for item in value]
        return ("list", tuple(items) if ordered else tuple(sorted(map(repr, items))))
    return (type(value), repr(value))


PLAIN = Items(frozen, frozen)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same data, type and order of lists included."""
    if one is other or type(one) is not type(other):
        return one is other
    return frozen(one) == frozen(other)


def shown(value: Any) -> str:
    """A value as a message shows it, in at most 80 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
