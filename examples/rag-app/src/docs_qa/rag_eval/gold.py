"""Where the quotations of questions stand in the texts of documents."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docs_qa.rag_eval.questions import (
    Fact,
    Question,
    QuestionError,
)

_WORD = re.compile(r"\w+")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a document's extracted text, in characters: a passage, or a quotation."""

    document: str
    start: int
    end: int

    def overlap(self, other: Place) -> int:
        """Return how many characters both have in common."""
        if self.document != other.document:
            return 0
        return max(0, min(self.end, other.end) - max(self.start, other.start))


Gold = tuple[tuple[Place, ...], ...]
"""The facts of a question; of each, the places any of which is enough to know it."""


class Words:
    """The words of a text with their places, to find quotations whatever the markup between."""

    def __init__(self, text: str) -> None:
        """Index the words of a text."""
        matches = list(_WORD.finditer(text))
        self._ends = [match.end() for match in matches]
        self._starts = [match.start() for match in matches]
        words = [match[0].casefold() for match in matches]
        self._joined = f" {' '.join(words)} "
        self._at: list[int] = []
        position = 0
        for word in words:
            self._at.append(position)
            position += len(word) + 1

    def find(self, quote: str) -> list[tuple[int, int]]:
        """Return start and end of every occurrence of the quotation's words in the text."""
        words = [match[0].casefold() for match in _WORD.finditer(quote)]
        wanted = f" {' '.join(words)} "
        found = []
        position = self._joined.find(wanted) if words else -1
        while position >= 0:
            first = bisect_right(self._at, position) - 1
            found.append((self._starts[first], self._ends[first + len(words) - 1]))
            position = self._joined.find(wanted, position + 1)
        return found


def resolve(questions: Sequence[Question], texts: Mapping[str, str]) -> dict[str, Gold]:
    """Find the quotations of all questions.

    Args:
        questions: of any kind; those without facts get no places.
        texts: extracted text by document.

    Returns:
        The places by id of the question.

    Raises:
        QuestionError: a quotation is not in its document, or there is no such document.
    """
    indexed = {document: Words(text) for document, text in texts.items()}
    missing: list[str] = []
    gold = {
        question.id: tuple(_places(question, fact, indexed, missing) for fact in question.facts)
        for question in questions
    }
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise QuestionError(f"quotations not found: {'; '.join(missing[:_SHOWN])}{more}")
    return gold


def _places(
    question: Question,
    fact: Fact,
    indexed: Mapping[str, Words],
    missing: list[str],
) -> tuple[Place, ...]:
    places = []
    for span in fact.spans:
        words = indexed.get(span.document)
        found = words.find(span.quote) if words else []
        if not found:
            missing.append(f"{question.id} in {span.document}: {span.quote!r}")
        places += [Place(span.document, start, end) for start, end in found]
    return tuple(places)
