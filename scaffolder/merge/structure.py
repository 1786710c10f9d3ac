"""The three-way merge of nested mappings, lists and scalars: pure data in, data and edits out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from typing import Any

from scaffolder.merge.model import (
    MISSING,
    PLAIN,
    Change,
    Conflict,
    Drop,
    Edit,
    Items,
    ItemsAt,
    Outcome,
    Path,
    Put,
    frozen,
    same,
    shown,
)

# Items of a list of mappings are the same item where one of these says so; else they are compared as plain values.
_IDENTITIES = ("id", "name", "repo", "key")


def merge(base: Any, ours: Any, theirs: Any, items_at: ItemsAt = lambda _: None) -> Outcome:
    """Apply the difference from `base` to `theirs` to `ours`; all three are mappings, or all three are lists."""
    merger = _Merger(items_at)
    data = merger.list_((), base, ours, theirs) if isinstance(ours, list) else merger.dict_((), base, ours, theirs)
    return Outcome(data, merger.edits, merger.conflicts)


@dataclass(slots=True)
class _Merger:
    items_at: ItemsAt
    edits: list[Edit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def dict_(self, path: Path, base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Any:
        merged = dict(ours)
        for key in (*theirs, *(key for key in base if key not in theirs)):
            sides = (side.get(key, MISSING) for side in (base, ours, theirs))
            value = self.value((*path, key), *sides)
            if value is MISSING:
                merged.pop(key, None)
            else:
                merged[key] = value
        return merged

    def value(self, path: Path, base: Any, ours: Any, theirs: Any) -> Any:
        if same(base, theirs) or same(ours, theirs):
            return ours
        if same(base, ours):
            return self._take(path, ours, theirs)
        kind = next((kind for kind in (dict, list) if _all_are(kind, base, ours, theirs)), None)
        if kind is None:
            # Deleted by the user: stays deleted. Everything else was changed on both sides.
            return ours if ours is MISSING else self._conflict(path, ours, theirs)
        mark = len(self.edits)
        sides: list[Any] = [side if isinstance(side, kind) else kind() for side in (base, ours, theirs)]
        merged = self.dict_(path, *sides) if kind is dict else self.list_(path, *sides)
        if isinstance(ours, kind) and (merged or isinstance(theirs, kind)):
            return merged
        del self.edits[mark:]
        if isinstance(ours, kind):
            return self._replace(path, ours, theirs)
        return self._replace(path, ours, merged) if merged else ours

    def _take(self, path: Path, ours: Any, theirs: Any) -> Any:
        """Theirs, by the smallest edits: the user did not touch it."""
        if isinstance(ours, dict) and isinstance(theirs, dict):
            return self.dict_(path, ours, ours, theirs)
        if isinstance(ours, list) and isinstance(theirs, list) and ours and theirs:
            return self._rewrite(path, ours, theirs)
        return self._replace(path, ours, theirs)

    def _rewrite(self, path: Path, ours: list[Any], theirs: list[Any]) -> Any:
        """Theirs, item by item in its order, so that what the user wrote about those that stay is kept."""
        key = _items(self.items_at(path), ours, theirs).key
        replaced: dict[int, Any] = {}
        inserted: dict[int, tuple[Any, ...]] = {}
        removed: set[int] = set()
        matcher = SequenceMatcher(None, list(map(key, ours)), list(map(key, theirs)), autojunk=False)
        for kind, start, stop, first, last in matcher.get_opcodes():
            both = min(stop - start, last - first)
            for index, new in zip(range(start, start + both), theirs[first:], strict=False):
                mine = ours[index]
                alike = isinstance(mine, dict) and isinstance(new, dict) and (kind == "equal" or set(mine) == set(new))
                if alike:
                    self.dict_((*path, index), mine, mine, new)
                elif not same(mine, new):
                    replaced[index] = new
            removed.update(range(start + both, stop))
            if first + both < last:
                inserted[stop] = tuple(theirs[first + both : last])
        appended = inserted.pop(len(ours), ())
        if replaced or removed or appended or inserted:
            self.edits.append(Change(path, replaced, frozenset(removed), appended, inserted))
        return theirs

    def _replace(self, path: Path, ours: Any, new: Any) -> Any:
        if new is not MISSING:
            self.edits.append(Put(path, new))
        elif ours is not MISSING:
            self.edits.append(Drop(path))
        return new

    def list_(self, path: Path, base: list[Any], ours: list[Any], theirs: list[Any]) -> list[Any]:
        items = _items(self.items_at(path), base, ours, theirs)
        key, canonical = items.key, items.canonical
        before, incoming = ({key(item): item for item in reversed(side)} for side in (base, theirs))
        present: dict[Hashable, list[int]] = {}
        for index, item in enumerate(ours):
            present.setdefault(key(item), []).append(index)
        merged = dict(enumerate(ours))
        removed: set[int] = set()
        replaced: dict[int, Any] = {}
        appended: list[Any] = []
        for name in dict.fromkeys(map(key, (*theirs, *base))):
            old, new = before.get(name, MISSING), incoming.get(name, MISSING)
            if canonical(old) == canonical(new):
                continue
            if name not in present and old is MISSING:
                appended.append(new)
            for index in present.get(name, ()):  # none: deleted by the user, stays deleted
                mine = ours[index]
                if canonical(mine) == canonical(new):
                    continue
                if isinstance(mine, dict) and isinstance(new, dict):
                    merged[index] = self.dict_((*path, index), {} if old is MISSING else old, mine, new)
                elif canonical(mine) != canonical(old):
                    if old is MISSING or new is MISSING or not items.implies(mine, new):
                        self._conflict(path, mine, new)
                elif new is MISSING:
                    removed.add(index)
                else:
                    merged[index] = replaced[index] = new
        if key is frozen and appended and _edited_both(before, present, incoming, appended):
            self._conflict(path, ours, theirs)
            return ours
        if removed or replaced or appended:
            self.edits.append(Change(path, replaced, frozenset(removed), tuple(appended)))
        return [item for index, item in merged.items() if index not in removed] + appended

    def _conflict(self, path: Path, ours: Any, theirs: Any) -> Any:
        self.conflicts.append(
            Conflict(".".join(map(str, path)), shown(ours), None if theirs is MISSING else shown(theirs))
        )
        return ours


def _all_are(kind: type, base: Any, ours: Any, theirs: Any) -> bool:
    """Whether ours and theirs are of `kind` where they say anything, and what one of them lacks was of that kind."""
    sides = [side for side in (ours, theirs) if side is not MISSING and side is not None]
    absent = len(sides) < 2 and base is not MISSING and base is not None
    return bool(sides) and all(isinstance(side, kind) for side in (*sides, *([base] if absent else [])))


def _items(special: Items | None, *sides: Sequence[Any]) -> Items:
    """The first way that tells the items of every side apart; plain values otherwise."""
    for items in (*([special] if special else []), *_identities(sides)):
        keys = [[items.key(item) for item in side] for side in sides]
        if all(None not in side and len(set(side)) == len(side) for side in keys):
            return items
    return PLAIN


def _identities(sides: Sequence[Sequence[Any]]) -> Iterator[Items]:
    if all(isinstance(item, dict) for side in sides for item in side):
        for name in _IDENTITIES:
            yield Items(partial(_named, name), frozen)


def _named(name: str, item: Mapping[str, Any]) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None


def _edited_both(
    before: Mapping[Hashable, Any],
    present: Mapping[Hashable, Any],
    incoming: Mapping[Hashable, Any],
    appended: list[Any],
) -> bool:
    """Whether a mapping in a list may have been edited on both sides: gone from both, with new ones on both."""
    gone = any(isinstance(item, dict) for name, item in before.items() if name not in present and name not in incoming)
    added = any(name not in before and name not in incoming for name in present)
    return gone and added and any(isinstance(item, dict) for item in appended)
