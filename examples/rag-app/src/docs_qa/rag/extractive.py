"""Answers by quoting the sentences that fit the question best; needs no model."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from docs_qa.rag.answerer import Ending, Task
from docs_qa.rag.citations import MARK
from docs_qa.rag.events import Mode, Usage
from docs_qa.rag.settings import Extractive
from docs_qa.rag.untrusted import clean
from docs_qa.rag.words import terms

NAME: Final = "best-sentences"
# A sentence that begins so speaks of something in the one before it.
_DEPENDENT = re.compile(
    r"(?:it|its|they|their|them|he|she|his|her|this|that|these|those|such|both|each|"
    r"however|also|then|therefore|thus|otherwise|instead|in addition|for this|in this case|"
    r"the (?:former|latter|same)|but|and|or|so)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage.

    Attributes:
        passage: its index among the sources.
        index: its index among the passage's sentences.
        terms: stems of its meaningful words.
        score: likeness to the question, about 0..1.
    """

    passage: int
    index: int
    terms: frozenset[str]
    score: float


class ExtractiveAnswerer:
    """Quotes; every sentence carries the citation of its passage."""

    mode: Mode = "extractive"
    model: str = NAME

    def __init__(self, settings: Extractive) -> None:
        self._settings = settings

    async def stream(self, task: Task) -> AsyncGenerator[str | Ending]:
        """Yield one quotation after the other, the best one first."""
        texts = _texts(task)
        chosen = select(candidates(task, texts, self._settings), self._settings)
        for position, passage in enumerate(dict.fromkeys(each.passage for each in chosen)):
            indices = {each.index for each in chosen if each.passage == passage}
            quoted = " ".join(_quotation(texts[passage], indices))
            lead = "\n\n" if position else ""
            yield f"{lead}{quoted} [{task.sources[passage].number}]"
        yield Ending(self.mode, self.model, Usage())


def _texts(task: Task) -> list[list[str]]:
    """The sentences of each passage, in order, as they may be quoted."""
    return [
        [_quotable(found.chunk.text[sentence.start : sentence.end]) for sentence in found.sentences]
        for found in task.found
    ]


def _quotable(sentence: str) -> str:
    """On one line, and without `[3]` of the document's own, which would read as a citation."""
    return MARK.sub(r"(\1)", " ".join(clean(sentence).split()))


def candidates(task: Task, texts: Sequence[Sequence[str]], settings: Extractive) -> list[Candidate]:
    """Score every sentence: its embedding, the rare words that it shares, and its passage's place.

    Args:
        task: the question and the passages found.
        texts: the sentences of each passage.
        settings: the weights of the three.
    """
    asked = terms(task.standalone)
    held = [[terms(text) for text in passage] for passage in texts]
    everything = [sentence for passage in held for sentence in passage]
    # Rare among the candidates is telling (inverse document frequency over their sentences).
    rarity = {
        term: log(1 + len(everything) / (1 + sum(term in sentence for sentence in everything)))
        for term in asked
    }
    total = sum(rarity.values()) or 1.0
    places = _places([hit.score for hit in task.found])
    found = []
    for passage, hit in enumerate(task.found):
        for index, sentence in enumerate(hit.sentences):
            own = held[passage][index]
            overlap = sum(rarity[term] for term in asked & own) / total
            likeness = _mean(settings.lexical_weight, overlap, sentence.score)
            score = _mean(settings.passage_weight, places[passage], likeness)
            found.append(Candidate(passage, index, own, score))
    return found


def _places(scores: Sequence[float]) -> list[float]:
    """Bring the passages' scores between 0 for the worst and 1 for the best; 0 if all are equal."""
    low, high = min(scores), max(scores)
    return [(score - low) / (high - low) if high > low else 0.0 for score in scores]


def _mean(weight: float, first: float, second: float) -> float:
    return weight * first + (1 - weight) * second


def select(found: Sequence[Candidate], settings: Extractive) -> list[Candidate]:
    """Return the best sentences, best first, none of which repeats another."""
    chosen: list[Candidate] = []
    for each in sorted(found, key=lambda each: -each.score):
        passages = {other.passage for other in chosen}
        if len(chosen) == settings.sentences or (
            chosen and each.score < settings.relative * chosen[0].score
        ):
            break
        if each.passage not in passages and len(passages) == settings.passages:
            continue
        if not any(_repeats(each, other, settings.redundancy) for other in chosen):
            chosen.append(each)
    return chosen


def _repeats(one: Candidate, other: Candidate, limit: float) -> bool:
    if (one.passage, one.index) == (other.passage, other.index):
        return True
    union = len(one.terms | other.terms)
    return union > 0 and len(one.terms & other.terms) / union >= limit


def _quotation(texts: Sequence[str], indices: set[int]) -> Iterator[str]:
    """Yield the sentences in the passage's order, each with the neighbour that it needs."""
    wanted = set(indices)
    for index in indices:
        if index > 0 and _DEPENDENT.match(texts[index]):
            wanted.add(index - 1)
        unfinished = texts[index].endswith(":") or len(texts[index].split()) < _FEWEST_WORDS
        if unfinished and index + 1 < len(texts):
            wanted.add(index + 1)
    previous = None
    for index in sorted(wanted):
        if previous is not None and index > previous + 1:
            yield "\u2026"
        yield texts[index]
        previous = index
