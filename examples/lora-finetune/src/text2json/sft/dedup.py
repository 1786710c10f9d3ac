"""Duplicates within the data, and what training shares with the held-out rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .rows import Row

_WORD = re.compile(r"\w+")
_SHINGLE = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """A held-out row and the training row that is most like it."""

    row: str
    split: str
    like: str
    similarity: float


def normal(text: str) -> str:
    """Lower case, words only: what makes two messages the same."""
    return " ".join(_WORD.findall(text.lower()))


def shingles(text: str) -> frozenset[str]:
    """All runs of three words; the whole text where it is shorter."""
    words = _WORD.findall(text.lower())
    if len(words) <= _SHINGLE:
        return frozenset([" ".join(words)])
    return frozenset(" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1))


def drop_duplicates(splits: Mapping[str, Sequence[Row]], near: float) -> dict[str, list[Row]]:
    """Drop rows that ask the same as another one.

    Test is kept, validation gives way to test, training to both: so nothing held out is trained on.

    Args:
        splits: rows by split.
        near: Jaccard similarity of word triples from which two questions are the same.
    """
    index = _Index()
    kept: dict[str, list[Row]] = {}
    for split in ("test", "validation", "train"):
        kept[split] = []
        for row in splits[split]:
            if index.closest(row)[1] < near:
                index.add(row)
                kept[split].append(row)
    return kept


def leaks(splits: Mapping[str, Sequence[Row]], near: float) -> list[Leak]:
    """Held-out rows whose question, but for `near`, is in training; the worst first."""
    index = _Index()
    for row in splits["train"]:
        index.add(row)
    found = []
    for split in ("validation", "test"):
        for row in splits[split]:
            like, similarity = index.closest(row)
            if similarity >= near:
                found.append(Leak(row.id, split, like, similarity))
    return sorted(found, key=lambda leak: -leak.similarity)


def closest(train: Sequence[Row], held_out: Sequence[Row]) -> list[float]:
    """For each held-out row, its similarity to the most similar training row, from 0 to 1."""
    index = _Index()
    for row in train:
        index.add(row)
    return [index.closest(row)[1] for row in held_out]


class _Index:
    """Rows by their shingles; looks at rows only that share one."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int]] = []
        self.by_shingle: dict[str, list[int]] = defaultdict(list)

    def add(self, row: Row) -> None:
        found = shingles(row.asked)
        for shingle in found:
            self.by_shingle[shingle].append(len(self.rows))
        self.rows.append((row.id, len(found)))

    def closest(self, row: Row) -> tuple[str, float]:
        found = shingles(row.asked)
        shared: dict[int, int] = defaultdict(int)
        for shingle in found:
            for number in self.by_shingle.get(shingle, ()):
                shared[number] += 1
        best, similarity = "", 0.0
        for number, count in shared.items():
            name, size = self.rows[number]
            jaccard = count / (len(found) + size - count)
            if jaccard > similarity:
                best, similarity = name, jaccard
        return best, similarity
