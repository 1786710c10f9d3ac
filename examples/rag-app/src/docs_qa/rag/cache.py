"""Answers to identical questions on unchanged documents; exact, never "similar"."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from docs_qa.rag.events import Done, Source, Turn
from docs_qa.rag.settings import Cache


@dataclass(frozen=True, slots=True)
class Kept:
    """What is needed to give an answer again; `question` is as it was searched."""

    question: str
    sources: tuple[Source, ...]
    done: Done


def key(
    question: str,
    history: Sequence[Turn],
    where: Mapping[str, str | Sequence[str]] | None,
    *settings: object,
) -> str:
    """Return a digest of all that an answer depends on.

    Args:
        question: as asked; white space does not count.
        history: earlier turns.
        where: the filters.
        settings: everything else: revisions, configuration, models.
    """
    filters = {
        name: sorted([values] if isinstance(values, str) else values)
        for name, values in sorted((where or {}).items())
    }
    turns = [(turn.role, turn.content) for turn in history]
    parts = json.dumps([" ".join(question.split()), turns, filters, [*map(repr, settings)]])
    return hashlib.sha256(parts.encode()).hexdigest()


class AnswerCache:
    """The most recently used answers, for a limited time."""

    def __init__(self, settings: Cache, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Kept]] = OrderedDict()

    def get(self, digest: str) -> Kept | None:
        """Return an answer that is there and not too old."""
        found = self._kept.get(digest)
        if found is None:
            return None
        stored, kept = found
        if self._clock() - stored > self._settings.seconds:
            del self._kept[digest]
            return None
        self._kept.move_to_end(digest)
        return kept

    def put(self, digest: str, kept: Kept) -> None:
        """Keep an answer; the least recently used one makes room."""
        self._kept[digest] = (self._clock(), kept)
        self._kept.move_to_end(digest)
        while len(self._kept) > self._settings.entries:
            self._kept.popitem(last=False)
