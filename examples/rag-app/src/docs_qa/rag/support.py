"""Checks each sentence of an answer against the passages that it cites.

A sentence stands if the passages hold its numbers, most of its names, and either most of the words
that it adds to the question or a sentence that means nearly the same. This catches invented facts
and citations of the wrong passage. It does not catch a denial of what a passage says: both share
their words. An entailment model would, at a hundred times the cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docs_qa.rag.citations import (
    MARK,
    cited,
    without_marks,
)
from docs_qa.rag.events import Claim, Source
from docs_qa.rag.settings import Support
from docs_qa.rag.words import (
    numbers,
    sentences,
    terms,
)

Similarity = Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]
"""Cosine of each text with the best sentence of each passage (by id): float32 [texts, passages]."""

_NAME = re.compile(r"(?<=[^\s.!?:] )[^\W\d_a-z][^\W\d_]+")
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class Verified:
    """An answer without the citations that did not stand.

    Attributes:
        removed: how many citations were taken out.
    """

    answer: str
    claims: tuple[Claim, ...]
    removed: int


class Check:
    """The check of one answer."""

    def __init__(
        self,
        question: str,
        sources: Sequence[Source],
        settings: Support,
        similarity: Similarity | None = None,
    ) -> None:
        """Prepare it.

        Args:
            question: what was asked; its own words prove nothing in an answer.
            sources: all that may be cited; numbered 1, 2, ...
            settings: thresholds.
            similarity: meaning of sentences; without it, words alone decide.
        """
        self._asked = terms(question)
        self._asked_numbers = numbers(question)
        self._settings = settings
        self._similarity = similarity
        self._sources = sources
        texts = [f"{source.title}\n{source.section}\n{source.text}" for source in sources]
        self._terms = [terms(text) for text in texts]
        self._numbers = [numbers(text, spelled=True) for text in texts]

    def verify(self, answer: str) -> Verified:
        """Return the answer with its citations checked, sentence by sentence."""
        parts: list[str] = []
        claims: list[Claim] = []
        done = length = 0
        for start, end in sentences(answer):
            sentence = answer[start:end]
            stands, kept = self._judge(sentence)
            text = _only(sentence, kept)
            between = _only(answer[done:start], ())  # a citation of nothing
            parts += [between, text]
            length += len(between)
            claim = text.strip()  # a citation may have stood first
            start_of_claim = length + text.find(claim)
            claims.append(Claim(start_of_claim, start_of_claim + len(claim), kept, stands))
            length += len(text)
            done = end
        verified = "".join([*parts, _only(answer[done:], ())])
        removed = len(MARK.findall(answer)) - len(MARK.findall(verified))
        return Verified(verified, tuple(claims), removed)

    def _judge(self, sentence: str) -> tuple[bool, tuple[int, ...]]:
        """Whether the sentence stands, and which of its citations contribute to that."""
        marks = [number for number in cited(sentence) if number <= len(self._sources)]
        plain = without_marks(sentence)
        pool = [number - 1 for number in marks] or list(range(len(self._sources)))
        similar: Sequence[float] = [0.0] * len(self._sources)
        if not self._stands(plain, pool, similar):
            similar = self._likeness(plain)
            if not self._stands(plain, pool, similar):
                return False, ()
        alone = [number for number in marks if self._stands(plain, [number - 1], similar)]
        if alone or not marks:
            return True, tuple(alone)
        added = terms(plain) - self._asked
        return True, tuple(number for number in marks if added & self._terms[number - 1])

    def _stands(self, plain: str, pool: Sequence[int], similar: Sequence[float]) -> bool:
        held = frozenset[str]().union(*(self._terms[index] for index in pool))
        known = self._asked_numbers.union(*(self._numbers[index] for index in pool))
        if not numbers(plain) <= known:
            return False
        names = frozenset[str]().union(*map(terms, _NAME.findall(plain))) - self._asked
        if len(names & held) < _MOST * len(names):
            return False
        added = terms(plain) - self._asked
        if len(added & held) >= self._settings.coverage * len(added):
            return True
        return max((similar[index] for index in pool), default=0.0) >= self._settings.similarity

    def _likeness(self, plain: str) -> Sequence[float]:
        """Asked only where words do not decide: it takes an embedding."""
        if self._similarity is None or not plain:
            return [0.0] * len(self._sources)
        ids = [source.passage for source in self._sources]
        return [float(value) for value in self._similarity([plain], ids)[0]]


def _only(sentence: str, kept: Sequence[int]) -> str:
    def keep(match: re.Match[str]) -> str:
        return match[0] if int(match[1]) in kept else ""

    return re.sub(r"\s*\[(\d{1,3})\]", keep, sentence)
